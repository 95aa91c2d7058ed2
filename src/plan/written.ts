import { isRecord, type JsonRecord, member, recordsIn } from './json-value.ts';

/** Whether the configuration gives a resource that attribute, as an expression: blocks are none. */
export type IsWritten = (attribute: string) => boolean;

const nowhere: IsWritten = () => false;

/**
 * Engines list blocks that nobody wrote as empty lists and maps, and by their values alone they are told from no
 * attribute that was set to one.
 */
export function readWritten(plan: JsonRecord): (entry: JsonRecord) => IsWritten {
  const root = member(plan.configuration, 'root_module');
  const modules = new Map<string, Map<string, unknown>>();
  return (entry) => {
    const address = typeof entry.module_address === 'string' ? withoutKeys(entry.module_address) : '';
    const known = modules.get(address) ?? expressionsOf(moduleAt(root, address));
    modules.set(address, known);
    const expressions = known.get(`${entry.type}.${entry.name}`);
    return expressions === undefined ? nowhere : (attribute) => isRecord(member(expressions, attribute));
  };
}

function withoutKeys(address: string): string {
  return address.replace(/\[(?:\d+|"(?:[^"\\]|\\.)*")\]/g, '');
}

/** `module.a.module.b` */
function moduleAt(root: unknown, address: string): unknown {
  const names = address.split('.').filter((_, index) => index % 2 === 1);
  return names.reduce((module, name) => member(member(member(module, 'module_calls'), name), 'module'), root);
}

function expressionsOf(module: unknown): Map<string, unknown> {
  const resources = recordsIn(member(module, 'resources')).filter(({ mode }) => mode === 'managed');
  return new Map(resources.map(({ type, name, expressions }) => [`${type}.${name}`, expressions]));
}
