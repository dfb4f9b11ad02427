import { ops } from '../../../checks/ops/exponential';
import { testOps } from '../../../tests/harness/op';

testOps(ops);
