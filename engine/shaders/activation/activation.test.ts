import { ops } from '../../../checks/ops/activation';
import { testOps } from '../../../tests/harness/op';

testOps(ops);
