import type { VersionRow } from '../../views/parts/state-versions.tsx';
import type { ListedVersion } from '../db/page-state.ts';

/** A version as people see it. `currentId`: of the newest, if there is one. */
export function toVersionRow(version: ListedVersion, currentId: string | undefined): VersionRow {
  return {
    id: version.id,
    serial: version.serial,
    createdAt: version.created_at,
    createdBy: version.created_by,
    size: version.size,
    run:
      version.run_id === null || version.run_number === null
        ? null
        : { id: version.run_id, number: version.run_number },
    origin: version.origin,
    copiedSerial: version.copied_serial,
    current: version.id === currentId,
  };
}
