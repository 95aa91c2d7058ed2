const names = ['localhost', '127.0.0.1', '[::1]'];

/** Whether an address, or a `Host` header, names the machine itself. */
export function isLoopback(address: string): boolean {
  const url = address.includes('://') ? address : `http://${address}`;
  return URL.canParse(url) && names.includes(new URL(url).hostname);
}
