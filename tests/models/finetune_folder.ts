/** What tests of fine-tuning open: the tiny models of tests/fixtures/tasks.json, for every task. */
import {
  bertForQuestionAnswering,
  bertForSequenceClassification,
  bertForTokenClassification,
  bertModel,
} from '../../models/families/bert';
import { folderOf } from './folders';
import { taskFiles, type TaskHead } from './task_models';

export const FAMILIES = [
  bertForSequenceClassification,
  bertForTokenClassification,
  bertForQuestionAnswering,
  bertModel,
];

export const taskFolder = (head: TaskHead): ReturnType<typeof folderOf> => folderOf(taskFiles(head));
