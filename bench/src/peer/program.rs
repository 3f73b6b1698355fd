//! Which programs are installed, and as whom they run.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// Where a program is: where it was said to be, which has to be true, else in `PATH`, if anywhere.
///
/// # Errors
/// When it is not where it was said to be.
pub fn find(program: &str, said: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
    if let Some(said) = said {
        ensure!(said.is_file(), "there is no program {}", said.display());
        return Ok(Some(said.to_owned()));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).map(|folder| folder.join(program));
    Ok(places.into_iter().find(|place| place.is_file()))
}

/// An address of the loopback on which nobody listens.
///
/// # Errors
/// When there is none.
pub fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?.local_addr()
}

/// Somebody without rights, for programs that refuse to run as root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    id: u32,
    group: u32,
}

impl User {
    /// Who a program runs as that refuses to run as root: nobody else when we are not root.
    ///
    /// # Errors
    /// When we are, and there is nobody else.
    pub fn other_than_root() -> anyhow::Result<Option<Self>> {
        if !rustix::process::getuid().is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd")?;
        let user = ["postgres", "nobody"].into_iter().find_map(|name| Self::of(&users, name));
        user.map(Some).context("PostgreSQL refuses to run as root, and there is no user nobody")
    }

    /// The user of this name in `/etc/passwd`: `name:password:id:group:…`.
    fn of(users: &str, name: &str) -> Option<Self> {
        let mut words = users
            .lines()
            .map(|line| line.split(':'))
            .find_map(|mut words| (words.next() == Some(name)).then_some(words))?;
        Some(Self { id: words.nth(1)?.parse().ok()?, group: words.next()?.parse().ok()? })
    }

    /// The same command, as this user.
    pub fn run(self, command: &mut Command) {
        command.uid(self.id).gid(self.group);
    }

    /// Gives a file or directory away.
    ///
    /// # Errors
    /// When it cannot be given.
    pub fn own(self, path: &Path) -> std::io::Result<()> {
        chown(path, Some(self.id), Some(self.group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_name() {
        let users = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n";
        assert_eq!(User::of(users, "nobody"), Some(User { id: 65534, group: 65533 }));
        assert_eq!(User::of(users, "nobod"), None);
    }

    #[test]
    fn a_program_that_is_named_has_to_be_there() {
        assert!(find("sh", None).unwrap().is_some());
        assert_eq!(find("no-such-program-anywhere", None).unwrap(), None);
        assert!(find("sh", Some(Path::new("/no/such/sh"))).is_err());
    }
}
