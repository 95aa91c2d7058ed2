import type { Report } from './report.ts';
export async function benchState(_rounds: number): Promise<Report> {
  throw new Error('not yet');
}
