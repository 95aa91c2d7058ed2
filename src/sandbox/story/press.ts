import type { StoryStage } from './story-stage.ts';

/**
 * Presses a button of one of Zenfra's pages as a browser would: opens the page, takes the form that leads to `action`
 * with what is hidden in it, fills in `fields` and sends it. No redirect is followed.
 */
export async function press(
  story: Pick<StoryStage, 'url'>,
  page: string,
  form: { action: string; fields?: Record<string, string> },
): Promise<Response> {
  const html = await (await fetch(`${story.url}${page}`, { headers: { accept: 'text/html' } })).text();
  const forms = html.split('<form ').slice(1);
  const found = forms.find((one) => one.startsWith(`method="post" action="${form.action}"`));
  if (found === undefined) throw new Error(`${page} has no button that leads to ${form.action}.`);
  const [inside = ''] = found.split('</form>');
  const hidden = [...inside.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  const fields = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]));
  return fetch(`${story.url}${form.action}`, {
    method: 'POST',
    headers: { origin: story.url },
    body: new URLSearchParams({ ...fields, ...form.fields }),
    redirect: 'manual',
  });
}
