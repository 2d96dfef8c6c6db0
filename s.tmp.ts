import { loadWith } from './test/cluster/lease/patched-loading.ts'
import { smallLimits } from './test/cluster/lease/lease-zoo.ts'
loadWith(smallLimits)
const { faultyLeaseRun } = await import('./test/cluster/lease/faulty-lease-run.ts')
for (let s=1;s<=4;s++){ const c=process.cpuUsage(); const r=await faultyLeaseRun(s,{actors:24}); const d=process.cpuUsage(c); console.log(s, (d.user+d.system)/1000|0, JSON.stringify(r)) }
