import type { Report } from './report.ts';
export async function benchLog(_rounds: number): Promise<Report> {
  throw new Error('not yet');
}
