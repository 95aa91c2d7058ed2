/**
 * Hides secrets in a JSON text token by token, so that it stays JSON. Most plans hold none: then the bytes are looked at
 * once and given back as they are.
 */
export function redactJson(
  bytes: Uint8Array,
  secrets: { hides(bytes: Uint8Array): boolean; text(text: string): string },
): Uint8Array {
  if (!secrets.hides(bytes)) return bytes;
  const text = Buffer.from(bytes).toString();
  const shown: string[] = [];
  let from = 0;
  while (from < text.length) {
    const open = text.indexOf('"', from);
    const end = open === -1 ? text.length : open;
    shown.push(text.slice(from, end).replace(number, (one) => (secrets.text(one) === one ? one : '"***"')));
    from = open === -1 ? end : closingOf(text, open) + 1;
    const token = text.slice(open, from);
    if (open !== -1) shown.push(isGrammar(token, text, from) ? token : redactString(token, secrets.text));
  }
  return Buffer.from(shown.join(''));
}

/**
 * The words that the engines' JSON is made of, as far as they are read here. Who chose one for a secret has none: it is
 * in every plan; but hidden, it would take a change out of sight.
 */
function isGrammar(token: string, text: string, end: number): boolean {
  const word = token.slice(1, -1);
  return actions.has(word) || (members.has(word) && colon.test(text.slice(end, end + 20)));
}

const colon = /^\s*:/;

const words = (text: string) => new Set(text.trim().split(/\s+/));
/** Values. */
const actions = words('managed data no-op create read update delete forget pass fail error unknown warning');
/** Names of members: of a plan, of `validate`, of outputs and of a state. */
const members = words(`
  format_version terraform_version variables planned_values prior_state configuration timestamp applyable complete errored
  resource_changes resource_drift output_changes relevant_attributes checks
  address previous_address module_address mode type name index deposed provider_name change actions before after
  after_unknown before_sensitive after_sensitive replace_paths importing identity action_reason generated_config
  kind to_display status instances problems message
  values outputs root_module child_modules resources sensitive_values schema_version sensitive value
  valid error_count warning_count diagnostics severity summary detail range filename start end line column byte
  version serial lineage module index_key attributes sensitive_attributes dependencies check_results
`);

const number = /-?\d[\d.eE+-]*/g;

/** The quote that ends the string which begins there. */
function closingOf(text: string, open: number): number {
  for (let at = open + 1; ; at += 1) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return text.length - 1;
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote;
    at = quote;
  }
}

function redactString(token: string, redact: (text: string) => string): string {
  const value = parse(token);
  if (value === undefined) return redact(token);
  const shown = redact(value);
  return shown === value ? token : JSON.stringify(shown);
}

function parse(token: string): string | undefined {
  try {
    return JSON.parse(token) as string;
  } catch {
    return undefined;
  }
}
