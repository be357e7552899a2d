import { z } from 'zod';

/** What is checked: an MCP server, a web page or API, an open port, a certificate, or a job that calls in. */
export type ServiceKind = 'mcp' | 'http' | 'tcp' | 'tls' | 'heartbeat';

export const serviceKindSchema: z.ZodType<ServiceKind> = z.enum(['mcp', 'http', 'tcp', 'tls', 'heartbeat']);
