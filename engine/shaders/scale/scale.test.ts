import { ops } from '../../../checks/ops/scale';
import { testOps } from '../../../tests/harness/op';

testOps(ops);
