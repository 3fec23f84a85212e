import { describeAdmissionModel } from './admission-model.contract.ts';
import { describeAdmission } from './admission.contract.ts';
import { createMemoryAdmission } from './memory-admission.ts';
import { describeRests } from './rests.contract.ts';

describeAdmission('memory', (clock) => createMemoryAdmission({ clock }));
describeAdmissionModel('memory', (clock) => createMemoryAdmission({ clock }));
describeRests('memory', (clock) => createMemoryAdmission({ clock }));
