import { Shown } from './text.tsx';

export interface OutputView {
  name: string;
  /** JSON-like text, or null when sensitive. */
  text: string | null;
}

/** The stack's outputs after the apply. */
export function AppliedOutputs({ outputs }: { outputs: OutputView[] }) {
  if (outputs.length === 0) return <section class="absent" id="applied-outputs"></section>;
  return (
    <section id="applied-outputs" aria-labelledby="applied-outputs-title">
      <h2 id="applied-outputs-title">Outputs</h2>
      <div class="card">
        {outputs.map((output) => (
          <div class="output">
            <code>
              <Shown text={output.name} />
            </code>
            <span class="attributes">
              {output.text === null ? (
                <span class="hidden-value">(sensitive value)</span>
              ) : (
                <Shown text={output.text} />
              )}
            </span>
          </div>
        ))}
      </div>
    </section>
  );
}
