import { ops } from '../../../checks/ops/loss_scale';
import { testOps } from '../../../tests/harness/op';

testOps(ops);
