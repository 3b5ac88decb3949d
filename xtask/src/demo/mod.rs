//! x
use crate::repo::Repo;
/// x
pub fn run(_: &Repo, _: u16) -> anyhow::Result<u8> {
    Ok(0)
}
