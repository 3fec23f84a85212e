export { invalidRequest, parse } from '@sluice/platform';
