const [major, minor] = [22, 18];

/** Why this Node cannot run Zenfra, or null. An older one starts, and then fails each run. */
export function refuseNode(version: string): string | null {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return null;
  return `This is Node ${version}; Zenfra needs ${major}.${minor} or newer. The npm scripts bring one along: npm start.`;
}
