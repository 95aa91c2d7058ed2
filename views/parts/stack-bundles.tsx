import type { Availability } from '../../src/bundle/contents.ts';
import { Shown } from './text.tsx';

export interface StackBundlesView {
  /** In the order of their precedence. */
  bundles: {
    id: string;
    name: string;
    number: number;
    priority: number;
    by: { to: 'stack' | 'label'; name: string };
  }[];
  items: {
    kind: 'variable' | 'file';
    name: string;
    secret: boolean;
    description: string;
    available: Availability;
    bundle: string;
    /** Bundles that have one of that name too, and do not prevail. */
    over: string[];
  }[];
  /** Whether the reader may open them. */
  mayOpen: boolean;
}

const availableWords = { both: 'planning and applying', planning: 'planning', applying: 'applying' };

/** What a stack is given by configuration bundles, and which one each variable comes from. Never a value. */
export function StackBundles({ bundles, items, mayOpen }: StackBundlesView) {
  const link = (name: string) => {
    const bundle = bundles.find((one) => one.name === name);
    if (!bundle) return name;
    return mayOpen ? <a href={`/bundles/${bundle.id}`}>{name}</a> : name;
  };
  return (
    <section aria-labelledby="bundles">
      <h2 id="bundles">Configuration bundles</h2>
      {bundles.length === 0 ? (
        <p class="mute before-card">
          None is attached to this stack. {mayOpen && <a href="/bundles">Make or attach one</a>}
        </p>
      ) : (
        <p class="mute before-card">
          {bundles.map(({ name, number, priority, by }, index) => (
            <>
              {index > 0 && ', then '}
              {link(name)} version {number} (by {by.to} {by.name}, priority {priority})
            </>
          ))}
          .
        </p>
      )}
      {items.length > 0 && (
        <div class="card list">
          <table class="settings">
            <thead>
              <tr>
                <th scope="col">Given</th>
                <th scope="col">For</th>
                <th scope="col">From</th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr>
                  <th scope="row">
                    <code>
                      <Shown text={item.name} />
                    </code>{' '}
                    <span class="mute">
                      {item.kind === 'file' && 'file '}
                      {item.secret && 'secret '}
                      <Shown text={item.description} />
                    </span>
                  </th>
                  <td data-label="For">{availableWords[item.available]}</td>
                  <td data-label="From">
                    {link(item.bundle)}
                    {item.over.length > 0 && <span class="mute"> over {item.over.join(', ')}</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
