/**
 * A certified implementation of OpenID Connect as a process of its own: `node oidc-provider.mjs <port> <redirect address>`. Its
 * pages for signing in and for consent are its own, of its development mode; whoever types a name there is that person.
 */
import { Provider } from 'oidc-provider';

const [port, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'statewire',
      client_secret: 'a-secret-of-the-client',
      redirect_uris: [redirect],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
  ],
  // The claims of `scope email` go into the id token, as most providers do.
  conformIdTokenClaims: false,
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  pkce: { required: () => true },
  cookies: { keys: ['a key for tests'] },
  async findAccount(_context, id) {
    return {
      accountId: id,
      claims: async () => ({
        sub: id,
        email: `${id}@example.org`,
        email_verified: !id.startsWith('unverified'),
        name: `${id} of the provider`,
      }),
    };
  },
});

provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
