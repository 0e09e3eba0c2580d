// Opens what the configuration of a proxy is made of: its copy of the log, its data keys, the compiler of its snapshots.
import { join } from 'node:path'
import type { Bus } from '../../../cluster/bus/bus.ts'
import type { Hold } from '../../../cluster/data-folder/hold.ts'
import { FileKeyStore } from '../../../cluster/secrets/file-key-store.ts'
import { openLogKeys } from '../../../cluster/secrets/log-keys.ts'
import { keysFor, type MasterKeys } from '../../../cluster/secrets/master-keys.ts'
import { SecretBox } from '../../../cluster/secrets/secret-box.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { Settings } from '../../../shared/settings.ts'
import { CredentialHealthTable } from '../providers/credential.ts'
import type { Identities } from '../providers/credentials/identities.ts'
import { TargetHealthTable } from '../providers/endpoint.ts'
import { SealedSecrets } from '../providers/sealed-secrets.ts'
import type { LatencyEstimates } from '../routing/latency-estimates.ts'
import { ConfigFollower } from './follow-config.ts'
import { SnapshotCompiler } from './snapshot.ts'

export interface OpenConfigOptions {
  readonly settings: Settings
  readonly node: { readonly name: string; readonly role: string }
  readonly masterKeys: MasterKeys
  readonly dataDir: string
  readonly bus: Bus
  readonly clock: Clock
  readonly notify: Notify
  readonly hold?: Hold | undefined
  onServing?(revision: number): void
  onReleased?(): void
}

export interface ConfigParts {
  readonly identities: Identities
  readonly latencyEstimates: LatencyEstimates
}

export function openConfig(
  options: OpenConfigOptions,
  { identities, latencyEstimates }: ConfigParts,
): Promise<ConfigFollower> {
  const { settings, node, masterKeys, dataDir, bus, clock, notify, hold } = options
  const keysPath = join(dataDir, 'config', 'data-keys.json')
  const dataKeys = new FileKeyStore(keysPath, ...keysFor('wrapKey', masterKeys))
  const macKey = openLogKeys(masterKeys, keysPath)
  const secrets = new SealedSecrets(new SecretBox(dataKeys), notify)
  const compiler = new SnapshotCompiler({
    ...settings,
    clock,
    identities,
    latencyEstimates,
    healthOfTargets: new TargetHealthTable(),
    credentialHealth: new CredentialHealthTable(),
    open: (secret) => secrets.open(secret),
  })
  return ConfigFollower.open({
    dataDir,
    node: { name: node.name, isAlone: node.role === 'proxy' },
    macKey,
    compiler,
    secrets,
    bus,
    clock,
    notify,
    hold,
    onServing: (revision) => options.onServing?.(revision),
    onReleased: () => options.onReleased?.(),
  })
}
