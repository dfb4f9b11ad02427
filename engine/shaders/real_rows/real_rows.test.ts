import { ops } from '../../../checks/ops/real_rows';
import { testOps } from '../../../tests/harness/op';

testOps(ops);
