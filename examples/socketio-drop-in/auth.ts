/** Where the app keeps its token. */
let token = '';

export function getAuthToken(): string {
  return token;
}

export function setAuthToken(next: string): void {
  token = next;
}
