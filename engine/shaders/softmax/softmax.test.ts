import { ops } from '../../../checks/ops/softmax';
import { testOps } from '../../../tests/harness/op';

testOps(ops);
