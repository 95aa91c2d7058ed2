import { createPrivateKey } from 'node:crypto';

/** Of `localhost`, signed by itself, for a hundred years: in DER, as base64. That it is no secret hurts nobody here. */
export const certificate =
  'MIIBlDCCATugAwIBAgIUGnA6L7rTZlCCIjatZxQUdu6DksIwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODE3NTUxMFoYDzIxMjYxMTA0MTc1NTEwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASDoy/ko/EkqX/OAHcZeBDNlSXL2Tcl8iYm1C7eumluzoy3vwn1Qem6tIGQjLjSeZ1/jZF3A6bMzTJp3ovjZWVZo2kwZzAdBgNVHQ4EFgQU2JkM8x7tfrpMqMZUNtdNMbju2u4wHwYDVR0jBBgwFoAU2JkM8x7tfrpMqMZUNtdNMbju2u4wDwYDVR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwIDRwAwRAIgUJF6js5J71L6uuVuvtt83PlB7ommgG6nqZ9I6npHvRoCICLypptL70CasfoTGHOzdeIAVGxjjcafhxIbr8HcIUU9';

const key = {
  ...{ kty: 'EC', crv: 'P-256', x: 'g6Mv5KPxJKl_zgB3GXgQzZUly9k3JfImJtQu3rppbs4' },
  ...{ y: 'jLe_CfVB6bq0gZCMuNJ5nX-NkXcDpszNMmnei-NlZVk', d: 'x16kot8IPOTU4tIxCDBhnKCTXnpPrBeq_vdccCAGsq4' },
};

export const certificatePem = [
  '-----BEGIN CERTIFICATE-----',
  ...(certificate.match(/.{1,64}/g) ?? []),
  '-----END CERTIFICATE-----\n',
].join('\n');

export const keyPem = createPrivateKey({ key, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' });
