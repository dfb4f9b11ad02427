import { ops } from '../../../checks/ops/reduce';
import { testOps } from '../../../tests/harness/op';

testOps(ops);
