// The contract of every client for upstreams, tested against real sockets whose other end violates the protocol in every known way.
import { describe } from 'vitest'
import { answersContract } from './contract/answers-contract.ts'
import { connectionsContract } from './contract/connections-contract.ts'
import { failuresContract } from './contract/failures-contract.ts'
import { flowContract } from './contract/flow-contract.ts'
import { ContractRig, type UpstreamContractOptions } from './contract/test-contract-rig.ts'
import { tlsContract } from './contract/tls-contract.ts'

export function upstreamContract(options: UpstreamContractOptions): void {
  const rig = new ContractRig(options)
  describe(`${options.name}: answers`, () => answersContract(rig))
  describe(`${options.name}: connections`, () => connectionsContract(rig, options))
  describe(`${options.name}: failures`, () => failuresContract(rig))
  describe(`${options.name}: flow`, () => flowContract(rig))
  describe(`${options.name}: TLS`, () => tlsContract(rig))
}
