import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFollower } from '../../src/triggers/follow-links.ts';

const plain = (path: string) => ({ path, sha: path, size: 1, link: false });
/** Its content is where it leads to. */
const link = (path: string, to: string) => ({ path, sha: to, size: to.length, link: true });

test('links are followed to files, directories and what is not there yet, each content being read once', async () => {
  const links = [
    link('live/eu/common.tfvars', '../common.tfvars'),
    link('live/us/common.tfvars', '../common.tfvars'),
    link('live/eu/chain', '../us/common.tfvars'),
    link('live/eu/templates', '../../shared/templates/'),
    link('live/eu/later.tfvars', '../later.tfvars'),
    link('live/eu/around', '..'),
    link('live/eu/root', '../..'),
    link('live/eu/out', '../../../etc'),
    link('live/eu/circle', 'circle'),
  ];
  const read: string[] = [];
  const follow = createFollower(
    [...links, plain('live/common.tfvars'), plain('shared/templates/a/b.tpl')],
    async (sha) => {
      read.push(sha);
      return sha;
    },
  );
  const followed = await follow(links);
  assert.deepEqual(
    followed.map(({ path, target, file }) => [path, target, file !== null]),
    [
      ['live/eu/common.tfvars', 'live/common.tfvars', true],
      ['live/us/common.tfvars', 'live/common.tfvars', true],
      ['live/eu/chain', 'live/common.tfvars', true],
      ['live/eu/templates', 'shared/templates/', false],
      ['live/eu/later.tfvars', 'live/later.tfvars', false],
    ],
  );
  assert.equal(read.length, new Set(read).size);
});

test('of links that lead to ever more others no more contents are read than five hundred', async () => {
  const first = Array.from({ length: 400 }, (_, n) => link(`${n}/first`, 'second'));
  const second = first.map((_, n) => link(`${n}/second`, `third-${n}`));
  const third = first.map((_, n) => link(`${n}/third-${n}`, `file-${n}`));
  let reads = 0;
  const follow = createFollower([...first, ...second, ...third], async (sha) => {
    reads += 1;
    return sha;
  });
  const followed = await follow(first);
  assert.equal(reads, 500);
  assert.equal(followed.length, 99);
});
