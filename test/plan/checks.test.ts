import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPlan } from '../../src/plan/read-plan.ts';
import { planJson } from './real-plan.ts';

test('failed checks are told with their message, undecided ones are not', () => {
  const plan = readPlan(
    planJson([
      {
        'main.tf': `
          resource "terraform_data" "a" { input = "x" }
          check "known" {
            assert {
              condition     = terraform_data.a.input == "y"
              error_message = "a is not y"
            }
          }
          check "later" {
            assert {
              condition     = terraform_data.a.output == "y"
              error_message = "not yet"
            }
          }`,
      },
    ]),
  );
  assert.deepEqual(plan.failedChecks, [{ address: 'check.known', status: 'fail', problems: ['a is not y'] }]);
});

test('a check that reads a data source of its own leaves a plan without changes one', () => {
  const configuration = {
    'other.tfstate': '{"version":4,"terraform_version":"1.11.4","serial":1,"lineage":"x","outputs":{},"resources":[]}',
    'main.tf': `
      resource "terraform_data" "a" { input = 1 }
      check "readable" {
        data "terraform_remote_state" "other" {
          backend = "local"
          config  = { path = "other.tfstate" }
        }
        assert {
          condition     = data.terraform_remote_state.other.outputs != null
          error_message = "not there"
        }
      }`,
  };
  const plan = readPlan(planJson([configuration, configuration]));
  assert.deepEqual([plan.hasChanges, plan.resources, plan.failedChecks], [false, [], []]);
});
