/** All that the HTTP port tells and changes: what each of its routes is made of, together. */
import type { AlarmSources } from './alarm-routes.ts'
import type { AuditSources } from './audit-routes.ts'
import type { ContextSources } from './context-routes.ts'
import type { DeviceFileSources } from './device-file-routes.ts'
import type { ForgetSources } from './forget-routes.ts'
import type { LaneOrderSources } from './lane-order-routes.ts'
import type { MessageSources } from './message-routes.ts'
import type { OnboardingSources } from './onboarding-routes.ts'
import type { PreviewSources } from './preview-routes.ts'
import type { ProfileSources } from './profile-answers.ts'
import type { ProvisionSources } from './provision-routes.ts'
import type { QuarantineSources } from './quarantine-routes.ts'
import type { StatusSources } from './status-routes.ts'
import type { TokenSources } from './token-routes.ts'
import type { TransferSources } from './transfer-routes.ts'
import type { TrialSources } from './trial-routes.ts'

export type AdminSources = StatusSources &
  AlarmSources &
  QuarantineSources &
  ContextSources &
  MessageSources &
  LaneOrderSources &
  PreviewSources &
  ProvisionSources &
  TokenSources &
  ProfileSources &
  TrialSources &
  AuditSources &
  DeviceFileSources &
  OnboardingSources &
  TransferSources &
  ForgetSources
