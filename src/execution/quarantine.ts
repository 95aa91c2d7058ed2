import { largestState } from './workspace.ts';

/**
 * An engine that can save the state neither to its backend nor to `errored.tfstate` prints it, secrets in clear, as its
 * last resort. That part is taken out of the log and kept as the state to recover.
 */
export interface StateQuarantine {
  /** What of these bytes, and of some held back before, may be shown. */
  add(bytes: Uint8Array): Uint8Array;
  /** The rest that may be shown. */
  end(): Uint8Array;
  /** The printed state, or null. */
  state(): Uint8Array | null;
}

interface Form {
  opening: Buffer;
  closing: Buffer;
}

/** How a state file of format 4 begins and ends, inside of which all is indented; and one that OpenTofu has encrypted, a single line. */
const forms: Form[] = [
  { opening: Buffer.from('\n{\n  "version": 4,\n  "terraform_version"'), closing: Buffer.from('\n}\n') },
  { opening: Buffer.from('\n{"serial":'), closing: Buffer.from('}\n') },
];
const notice = Buffer.from('[Zenfra] The engine printed the state that it could not save. It was kept apart.\n');

export function quarantineState(): StateQuarantine {
  // A line break before the first line, so that a state at the very beginning is found too.
  let held: Buffer = Buffer.from('\n');
  let first = true;
  let inside: Form | null = null;
  const captured: Buffer[] = [];
  let size = 0;
  const shown: Buffer[] = [];
  // One that goes on for longer is no state; it is hidden all the same, and not kept.
  const capture = (data: Buffer) => {
    size += data.length;
    if (size <= largestState) captured.push(data);
    else captured.length = 0;
  };
  const put = (data: Buffer) => (inside ? capture(data) : shown.push(data));
  const advance = (data: Buffer): Buffer => {
    const marks = inside ? [inside.closing] : forms.map(({ opening }) => opening);
    const places = marks.map((mark) => data.indexOf(mark));
    const place = Math.min(...places.filter((each) => each !== -1));
    if (place === Number.POSITIVE_INFINITY) {
      const keep = Math.max(...marks.map((mark) => overlap(data, mark)));
      put(data.subarray(0, data.length - keep));
      return data.subarray(data.length - keep);
    }
    const border = place + (inside ? inside.closing.length : 1);
    put(data.subarray(0, border));
    if (!inside) shown.push(notice);
    inside = inside ? null : (forms[places.indexOf(place)] ?? null);
    return advance(data.subarray(border));
  };
  const show = (): Uint8Array => {
    const bytes = Buffer.concat(shown.splice(0));
    if (!first || bytes.length === 0) return bytes;
    first = false;
    return bytes.subarray(1);
  };
  return {
    add(bytes) {
      held = advance(Buffer.concat([held, bytes]));
      return show();
    },
    end() {
      put(held);
      held = Buffer.alloc(0);
      return show();
    },
    state: () => (captured.length === 0 ? null : Buffer.concat(captured)),
  };
}

/** How many bytes at the end of `data` could be the beginning of `mark`. */
function overlap(data: Buffer, mark: Buffer): number {
  for (let length = Math.min(mark.length - 1, data.length); length > 0; length -= 1) {
    if (data.subarray(data.length - length).equals(mark.subarray(0, length))) return length;
  }
  return 0;
}
