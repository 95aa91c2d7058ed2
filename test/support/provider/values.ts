import { decode, ExtData, ExtensionCodec, encode } from '@msgpack/msgpack';

/** A value that is known after the apply: the extension type 0 of the protocol's object wire format. */
export const unknown = Symbol('unknown');

export type Value = unknown;
export type Attributes = Record<string, Value>;

export interface DynamicValue {
  msgpack?: Uint8Array;
  json?: Uint8Array;
}

const extensions = new ExtensionCodec();
for (const type of [0, 12]) extensions.register({ type, encode: () => null, decode: () => unknown });

export function read({ msgpack, json }: DynamicValue): Attributes | null {
  if (msgpack?.length) return decode(msgpack, { extensionCodec: extensions }) as Attributes | null;
  return json?.length ? (JSON.parse(Buffer.from(json).toString()) as Attributes | null) : null;
}

export function write(attributes: Attributes | null): DynamicValue {
  const known = (value: Value) => (value === unknown ? new ExtData(0, new Uint8Array(1)) : value);
  const entries = attributes === null ? null : Object.entries(attributes).map(([name, value]) => [name, known(value)]);
  return { msgpack: encode(entries === null ? null : Object.fromEntries(entries)) };
}
