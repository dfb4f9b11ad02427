import { ops } from '../../../checks/ops/decay_gate';
import { testOps } from '../../../tests/harness/op';

testOps(ops);
