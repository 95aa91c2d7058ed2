export type StackTab = 'runs' | 'state' | 'settings';

const tabs: { tab: StackTab; label: string; path: string }[] = [
  { tab: 'runs', label: 'Runs', path: '' },
  { tab: 'state', label: 'State', path: '/state' },
  { tab: 'settings', label: 'Settings', path: '/settings' },
];

/** The tabs of a stack's page. */
export function StackTabs({ stackId, open }: { stackId: string; open: StackTab }) {
  return (
    <nav class="tabs" aria-label="Stack">
      {tabs.map(({ tab, label, path }) => (
        <a href={`/stacks/${stackId}${path}`} aria-current={tab === open ? 'page' : undefined}>
          {label}
        </a>
      ))}
    </nav>
  );
}
