/** What a request comes to. Text for people; the engines print little of it, our log and a person with curl see it. */
export interface Answer {
  status: 200 | 204 | 400 | 401 | 403 | 405 | 409 | 413 | 423 | 500 | 503;
  text: string;
  headers?: Record<string, string>;
}

export const done: Answer = { status: 200, text: '' };
