import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayLive } from '../../src/run/may-live.ts';

const left = { engineEnded: false, watched: true, secondsSinceEnd: 3600 };

test('an engine that a worker on the spot has not seen end may live, however long ago it was', () => {
  assert.equal(mayLive(left), true);
});

test('one that was seen to end does not', () => {
  assert.equal(mayLive({ ...left, engineEnded: true, secondsSinceEnd: 0 }), false);
});

test('where nobody is there to look, it may live for a minute; then a person’s word counts', () => {
  assert.equal(mayLive({ ...left, watched: false, secondsSinceEnd: 59 }), true);
  assert.equal(mayLive({ ...left, watched: false, secondsSinceEnd: 60 }), false);
});
