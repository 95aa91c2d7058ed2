import { Icon } from './icons.tsx';

const keys: [string[], string][] = [
  [['j', 'k'], 'Next and previous phase'],
  [['e', 'E'], 'Expand all phases, collapse all'],
  [['/'], 'Search the log'],
  [['Enter', 'Shift Enter'], 'In the search: next, previous'],
  [['↓', '↑'], 'In a log: from line to line'],
  [['Enter', 'Shift Enter'], 'On a line: a link to it, to all between'],
  [['f'], 'Follow the end of the log'],
  [['t'], 'Timestamps'],
  [['w'], 'Wrap long lines'],
  [['?'], 'This help'],
];

/** Buttons for all phases; they need the page's script. */
export function HistoryTools() {
  return (
    <span class="history-tools js">
      <button class="btn sm" type="button" data-all="open">
        Expand all
      </button>
      <button class="btn sm" type="button" data-all="close">
        Collapse all
      </button>
      <button
        class="btn sm icon-only"
        type="button"
        data-keys
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
      >
        <Icon name="keyboard" />
      </button>
    </span>
  );
}

/** The list of keys. Keys without Ctrl or Alt get in the way of some: they can be switched off. */
export function KeysHelp() {
  return (
    <dialog id="keys" aria-labelledby="keys-title" data-keep>
      <h2 id="keys-title" class="plain">
        Keyboard shortcuts
      </h2>
      <dl>
        {keys.map(([names, what]) => (
          <div>
            <dt>
              {names.map((name) => (
                <kbd>{name}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p class="mute small">
        A click on a line’s number makes a link to it, another one with Shift a link to all between.
      </p>
      <form method="dialog">
        <label>
          <input type="checkbox" id="keys-on" checked /> Use these keys
        </label>
        <button class="btn sm" type="submit">
          Close
        </button>
      </form>
    </dialog>
  );
}
