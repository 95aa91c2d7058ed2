import type { Availability } from '../../src/bundle/contents.ts';

/** One row of the form. A secret has no value here: it never leaves the server. */
export interface ItemRow {
  kind: 'variable' | 'file';
  name: string;
  value: string;
  secret: boolean;
  /** There is a secret, which is kept if the field is left empty. */
  kept: boolean;
  description: string;
  available: Availability;
  was: { name: string; available: Availability } | null;
}

const available = {
  both: 'planning and applying',
  planning: 'planning only',
  applying: 'applying only',
} as const;

/** The fields of one variable or file. Labels are for readers who hear them; the columns say the rest. */
export function ItemFields({ row, field }: { row: ItemRow; field: string }) {
  const what = row.name === '' ? `new ${row.kind}` : row.name;
  const noun = row.kind === 'variable' ? 'Name' : 'Path';
  return (
    <fieldset class="item">
      <legend class="sr">{what}</legend>
      {row.was && (
        <>
          <input type="hidden" name={`${field}.was`} value={row.was.name} />
          <input type="hidden" name={`${field}.was_available`} value={row.was.available} />
        </>
      )}
      <label>
        <span>{noun}</span>
        <input
          type="text"
          name={`${field}.name`}
          value={row.name}
          maxlength={255}
          placeholder={row.kind === 'variable' ? 'AWS_REGION' : 'secrets/key.json'}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
        />
      </label>
      <label class="grow">
        <span>{row.kind === 'variable' ? 'Value' : 'Content'}</span>
        <textarea
          name={`${field}.value`}
          rows={row.kind === 'variable' ? 1 : 4}
          placeholder={row.kept ? 'secret, kept if empty' : ''}
          autocomplete="off"
          spellcheck={false}
        >
          {/* A browser leaves out the first line end. */}
          {`\n${row.value}`}
        </textarea>
      </label>
      <label>
        <span>For</span>
        <select name={`${field}.available`}>
          {Object.entries(available).map(([value, text]) => (
            <option value={value} selected={value === row.available}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <label class="grow">
        <span>Description</span>
        <input type="text" name={`${field}.description`} value={row.description} maxlength={500} autocomplete="off" />
      </label>
      <label class="check">
        <input type="checkbox" name={`${field}.secret`} checked={row.secret} />
        <span>Secret</span>
      </label>
      {row.was && (
        <label class="check">
          <input type="checkbox" name={`${field}.remove`} />
          <span>Remove</span>
        </label>
      )}
    </fieldset>
  );
}
