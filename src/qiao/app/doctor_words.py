"""What the doctor says, in both languages: what is wrong, and how it is mended. `{...}` are values, none of them a secret."""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "folder.missing": {
        "zh": ("数据目录 {path} 不存在。", "检查 --data-dir 或 QIAO_DATA_DIR；新装的系统先运行 qiao serve。"),
        "en": ("The data folder {path} is not there.", "Look at --data-dir or QIAO_DATA_DIR; a new desk begins with: qiao serve"),
    },
    "folder.locked": {
        "zh": ("数据目录 {path} 不可写。", "把它交给运行 Qiao 的账号：chown -R 账号 {path}"),
        "en": ("The data folder {path} cannot be written.", "Give it to the account that runs Qiao: chown -R ACCOUNT {path}"),
    },
    "folder.secret_open": {
        "zh": ("其他用户可以读取 {path}，里面是密钥。", "运行：chmod 600 {path}"),
        "en": ("Others may read {path}, which holds the secret key.", "Run: chmod 600 {path}"),
    },
    "space.low": {
        "zh": ("{path} 所在的磁盘只剩 {free} MB。", "腾出空间，至少留 {needed} MB；空间用尽后无法保存消息。"),
        "en": (
            "Only {free} MB are free on the disk of {path}.",
            "Free some space, at least {needed} MB: without it no message is kept.",
        ),
    },
    "port.taken": {
        "zh": ("{host} 的 {port} 端口被别的程序占用。", "停掉那个程序，或用 --port 换一个端口。"),
        "en": ("Another program listens on {host} port {port}.", "End that program, or choose --port."),
    },
    "port.no_address": {
        "zh": ("这台机器没有 {host} 这个地址。", "改正 QIAO_HOST；要让外面访问可填 0.0.0.0。"),
        "en": ("This machine has no address {host}.", "Mend QIAO_HOST; 0.0.0.0 listens on all."),
    },
    "limits.files": {
        "zh": (
            "最多只能同时打开 {found} 个文件和连接。",
            "提高到 {needed}：服务里写 LimitNOFILE=65536，或先运行 ulimit -n 65536。",
        ),
        "en": (
            "Only {found} files and connections may be open at once.",
            "Allow {needed}: LimitNOFILE=65536 in the service, or ulimit -n 65536.",
        ),
    },
    "limits.memory": {
        "zh": ("内存上限只有 {found} MB。", "至少给 {needed} MB。"),
        "en": ("The limit of memory is {found} MB.", "Allow at least {needed} MB."),
    },
    "certificate.ends": {
        "zh": ("{host} 的证书还有 {days} 天到期。", "现在就续期，并确认自动续期正常。"),
        "en": ("The certificate of {host} ends in {days} days.", "Renew it now, and see that it is renewed by itself."),
    },
    "certificate.bad": {
        "zh": ("浏览器不会信任 {host} 的证书（{reason}）。", "在代理上安装包含中间证书的有效证书。"),
        "en": (
            "Browsers will not trust the certificate of {host} ({reason}).",
            "Give the proxy a valid certificate with its intermediate ones.",
        ),
    },
    "certificate.away": {
        "zh": ("从这台机器连不上 {host}。", "检查 QIAO_PUBLIC_URL、域名解析和代理。"),
        "en": ("{host} does not answer from here.", "Look at QIAO_PUBLIC_URL, the name's address and the proxy."),
    },
    "bus.away": {
        "zh": ("消息总线 {host} 不通；消息仍经数据库送达，只是慢一些。", "启动 NATS，或改正 QIAO_BUS_URL。"),
        "en": (
            "The bus {host} does not answer; delivery goes by the database, more slowly.",
            "Start NATS, or mend QIAO_BUS_URL.",
        ),
    },
    "files.away": {
        "zh": ("文件存储无法写入或读取（{reason}）。", "检查 QIAO_BLOBS_URL、存储桶和 AWS_* 变量，或数据目录的权限。"),
        "en": (
            "The store of files cannot be written and read ({reason}).",
            "Look at QIAO_BLOBS_URL, the bucket and AWS_*, or the folder's rights.",
        ),
    },
    "backup.none": {
        "zh": ("还没有做过备份。", "运行 qiao backup，并设成每天自动执行（见备份指南）。"),
        "en": ("No backup was ever taken.", "Run qiao backup, and have it run daily (see the guide to backups)."),
    },
    "backup.old": {
        "zh": ("最近一次备份是 {days} 天前。", "运行 qiao backup，并查看定时任务为什么停了。"),
        "en": ("The last backup is {days} days old.", "Run qiao backup, and look why its timer stopped."),
    },
    "backup.unverified": {
        "zh": ("最近一次备份从没有通读核对过。", "运行 qiao backup --verify；每月再真正恢复一次。"),
        "en": ("The last backup was never read back.", "Run qiao backup --verify; once a month restore one for real."),
    },
    "database.away": {
        "zh": ("数据库连不上：{reason}", "检查 QIAO_DATABASE_URL 和数据库服务；自带数据库请看 postgres/postgres.log。"),
        "en": (
            "The database cannot be reached: {reason}",
            "Look at QIAO_DATABASE_URL and its server; the embedded one writes postgres/postgres.log.",
        ),
    },
    "clock.off": {
        "zh": ("本机时钟与数据库相差 {seconds} 秒。", "两台机器都要开启时间同步（chrony 或 systemd-timesyncd）。"),
        "en": (
            "This machine's clock and the database's differ by {seconds} s.",
            "Keep both in time (chrony or systemd-timesyncd).",
        ),
    },
    "postgres.unsafe": {
        "zh": ("数据库设置 {name} = {value}，断电时可能丢失已确认的消息。", "改为 on 并重启 PostgreSQL。"),
        "en": (
            "PostgreSQL runs with {name} = {value}: acknowledged messages may be lost.",
            "Set it to on and start PostgreSQL again.",
        ),
    },
    "postgres.no_checksums": {
        "zh": ("数据库没有开启数据校验和，损坏的数据页不会被发现。", "停库后运行 pg_checksums --enable。"),
        "en": ("PostgreSQL keeps no data checksums: damaged pages stay unseen.", "Stop it and run pg_checksums --enable."),
    },
    "postgres.damaged": {
        "zh": ("已发现 {count} 个损坏的数据页。", "立即检查磁盘，并把最近的完好备份恢复到新目录。"),
        "en": ("{count} damaged pages were met.", "Look at the disk now, and restore the newest good backup into a new folder."),
    },
    "schema.behind": {
        "zh": ("数据库结构是 {found}，程序需要 {needed}。", "运行 qiao migrate。"),
        "en": ("The database is at schema {found}, this program needs {needed}.", "Run qiao migrate."),
    },
    "schema.cut": {
        "zh": (
            "升级到 {revision} 时中断了，已完成 {done} 步。数据没有损坏，旧版本仍可运行。",
            "再运行一次 qiao migrate，会从中断处继续。",
        ),
        "en": (
            "The upgrade to {revision} was cut after {done} steps. Nothing is damaged, and the former version still runs.",
            "Run qiao migrate again: it goes on from there.",
        ),
    },
    "schema.busy": {
        "zh": ("正在升级到 {revision}，已完成 {done} 步。", "无需处理，稍后再看。"),
        "en": ("The upgrade to {revision} is under way, {done} steps are done.", "Nothing to do; look again later."),
    },
    "schema.index": {
        "zh": (
            "索引 {name} 没有建完，查询用不上它。",
            "运行 qiao migrate；升级完成后若它还在：DROP INDEX CONCURRENTLY {name}",
        ),
        "en": (
            "The index {name} was left half made, and no query uses it.",
            "Run qiao migrate; if it is still there when the upgrade is done: DROP INDEX CONCURRENTLY {name}",
        ),
    },
    "schema.beside": {
        "zh": ("数据库已由新版本升级到 {found}，这个版本（{needed}）目前仍可运行。", "把其余节点也换成新版本。"),
        "en": (
            "A newer version has brought the database to {found}; this one ({needed}) still runs on it.",
            "Bring the other nodes to the newer version.",
        ),
    },
    "schema.filling": {
        "zh": ("升级到 {revision}：正在补写已有数据，已处理 {rows} 行。", "无需处理，系统会在空闲时继续。"),
        "en": (
            "Upgrade to {revision}: rows that were there are being filled, {rows} so far.",
            "Nothing to do: it goes on by itself.",
        ),
    },
    "schema.stalled": {
        "zh": (
            "升级到 {revision}：补写数据停在 {rows} 行，{minutes} 分钟没有进展。",
            "确认新版本的 qiao serve 或 qiao worker 在运行；看它的日志。",
        ),
        "en": (
            "Upgrade to {revision}: the filling of rows stands at {rows} and has not moved for {minutes} minutes.",
            "See that qiao serve or qiao worker of the new version runs, and look into its log.",
        ),
    },
    "schema.way_back": {
        "zh": (
            "升级到 {revision} 还差最后一步，现在仍可退回旧版本（仍在运行的旧版本节点：{older} 个）。",
            "无需处理，到期后会自动完成；想立即完成：停掉旧版本，运行 qiao migrate --contract",
        ),
        "en": (
            "The upgrade to {revision} lacks its last step: the way back to the former version is open ({older} nodes of it run).",
            "Nothing to do, it ends by itself; to end it now, stop the former version and run: qiao migrate --contract",
        ),
    },
    "schema.ahead": {
        "zh": ("数据库结构 {found} 比程序（{needed}）新。", "改用更新的程序。"),
        "en": ("The database is at schema {found}, newer than this program's {needed}.", "Use the newer program."),
    },
    "roles.missing": {
        "zh": ("数据库里没有各公司之间的隔墙（角色 {role}）。", "以数据库所有者身份运行 qiao migrate。"),
        "en": (
            "The walls between companies are not up in the database (role {role}).",
            "Run qiao migrate as the owner of the database.",
        ),
    },
    "roles.no_backup": {
        "zh": ("账号 {role} 没有复制权限，无法在线备份。", "由超级用户执行：ALTER ROLE {role} REPLICATION"),
        "en": ("The role {role} may not replicate: no online backup.", "As a superuser: ALTER ROLE {role} REPLICATION"),
    },
    "wal.held": {
        "zh": (
            "复制槽 {name} 没有人用，却占住了 {size} MB 日志。",
            "恢复 qiao backup --follow，或删除它：SELECT pg_drop_replication_slot('{name}')",
        ),
        "en": (
            "Nobody uses the replication slot {name}, and it holds {size} MB of log.",
            "Follow again with qiao backup --follow, or drop it: SELECT pg_drop_replication_slot('{name}')",
        ),
    },
    "transactions.long": {
        "zh": ("有一个事务已经开着 {minutes} 分钟（进程 {pid}），它会拖住清理。", "结束它：SELECT pg_terminate_backend({pid})"),
        "en": (
            "A transaction has been open for {minutes} minutes (process {pid}) and holds up cleaning.",
            "End it: SELECT pg_terminate_backend({pid})",
        ),
    },
    "subscribers.behind": {
        "zh": ("{name} 落后 {count} 条记录。", "确认 qiao worker 在运行；看它的日志。"),
        "en": ("{name} is {count} facts behind.", "See that qiao worker runs, and look into its log."),
    },
    "subscribers.parked": {
        "zh": ("{name} 有 {count} 条记录处理不了，已搁置：{reason}", "修好原因后运行 qiao parked replay 重新处理。"),
        "en": ("{name} has put {count} facts aside: {reason}", "Mend the cause, then: qiao parked replay"),
    },
    "jobs.dead": {
        "zh": ("任务 {name} 有 {count} 个多次失败，已停止重试。", "查看日志里的原因；修好后运行 qiao parked replay。"),
        "en": ("{count} jobs of {name} failed for good.", "Look for the reason in the log; mend it, then: qiao parked replay"),
    },
    "channels.broken": {
        "zh": ("渠道“{name}”断开了：{reason}", "在控制台的收件箱里重新连接。"),
        "en": ("The channel “{name}” is broken: {reason}", "Connect it again in the console's inboxes."),
    },
    "seals.closed": {
        "zh": (
            "有 {count} 条加密保存的密钥打不开。",
            "放回原来的 secret.key（或 QIAO_SECRET_KEY），否则在控制台重新填写。",
        ),
        "en": (
            "{count} sealed secrets do not open with the keys that are here.",
            "Bring the former secret.key (or QIAO_SECRET_KEY) back, or enter them again.",
        ),
    },
    "looking.failed": {
        "zh": ("这一项没能检查（{reason}）。", "先解决上面的问题，再运行一次。"),
        "en": ("This could not be looked at ({reason}).", "Mend what stands above, and run it again."),
    },
}

TITLES: Mapping[str, tuple[str, str]] = {
    "folder": ("数据目录", "data folder"),
    "space": ("磁盘空间", "free space"),
    "port": ("端口", "port"),
    "limits": ("系统限制", "limits"),
    "certificate": ("证书", "certificate"),
    "bus": ("消息总线", "bus"),
    "files": ("文件存储", "files"),
    "backup": ("备份", "backup"),
    "database": ("数据库", "database"),
    "clock": ("时钟", "clock"),
    "postgres": ("数据库设置", "database settings"),
    "schema": ("数据库结构", "schema"),
    "roles": ("数据库权限", "roles"),
    "wal": ("数据库日志", "database log"),
    "transactions": ("长事务", "transactions"),
    "subscribers": ("后台处理", "subscribers"),
    "jobs": ("任务", "jobs"),
    "channels": ("渠道", "channels"),
    "seals": ("密钥", "secret key"),
}

SUMS: Mapping[str, tuple[str, str, str]] = {
    "zh": ("一切正常。", "有 {count} 处需要处理。", "有 {count} 项没能检查。"),
    "en": ("All is well.", "{count} things to mend.", "{count} things could not be looked at."),
}


def said(code: str, language: str, values: Mapping[str, object]) -> tuple[str, str]:
    """What is wrong and the mend."""
    what, mend = WORDS[code][language]
    return what.format(**values), mend.format(**values)


def title(check: str, language: str) -> str:
    """What a check looks at."""
    return TITLES[check][0 if language == "zh" else 1]
