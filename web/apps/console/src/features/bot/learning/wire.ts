/** Shapes of the learning loop, as the server describes them. */
import type { Server } from '@/app/wire'

export type Outcomes = Server['Outcomes']
export type Share = Server['Share']
export type Cluster = Server['Cluster']
export type Concern = Server['Concern']
export type Experiment = Server['Experiment']
export type NewExperiment = Server['NewExperiment']
export type EvaluationSet = Server['EvaluationSet']
export type EvaluationCase = Server['EvaluationCase']
export type EvaluationRun = Server['EvaluationRun']
export type RunReport = Server['RunReport']
export type ChangePreview = Server['ChangePreview']
export type ProposedEntry = Server['ProposedEntry']
