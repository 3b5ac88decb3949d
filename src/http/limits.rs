//! How much may be begun: the address's bucket first, then a place in the session and in the project.

use picasso_actors::address::ActorName;
use picasso_actors::catalogue::price::Nanodollars;
use picasso_actors::gate::{self, Bucket, Verdict};
use picasso_actors::ids::{GateId, JobId, SessionId};
use picasso_actors::job::money::Claim;
use picasso_actors::limits::Limits;
use picasso_actors::project::{self, Allowed};
use picasso_actors::protocol::{self, Reply};
use picasso_actors::session;
use worker::{Env, Request, Response};

use super::idempotency::Asking;
use super::problem::Problem;
use super::reply;
use crate::env;
use crate::runtime::mailbox;

/// What the address's bucket said.
pub struct Allowance {
    bucket: Bucket,
    verdict: Verdict,
}

/// The limits that this environment sets.
pub fn of(env: &Env) -> Limits {
    Limits::from_vars(|name| env::var(env, name))
}

/// Takes a token for the request's address. Only the platform's own header counts: any other is the caller's to choose.
///
/// # Errors
/// When the gate can't be asked: what costs money isn't begun then.
pub async fn take(request: &Request, env: &Env) -> Result<Allowance, Problem> {
    let address = gate::counted(address(request)?.as_deref());
    let bucket = of(env).jobs;
    Ok(Allowance { bucket, verdict: token(env, address, bucket).await? })
}

/// Takes a token for a password that the request's address tries, from a bucket of its own.
///
/// # Errors
/// When the gate can't be asked: no password is tried then.
pub async fn take_unlock(request: &Request, env: &Env) -> Result<Verdict, Problem> {
    token(env, gate::counted_unlocking(address(request)?.as_deref()), of(env).unlocks).await
}

/// Keeps places and money for a job that is about to begin, in its session first: what a session may not have mustn't take a place of
/// its project's. The project also says whether it exists.
///
/// # Errors
/// 402 or 422 when the project's budget has no room for it, 404 without the project, 429 when it or the session has too many
/// open jobs.
pub async fn reserve(
    env: &Env,
    job: &JobId,
    session: &SessionId,
    claim: Claim,
) -> Result<Option<Nanodollars>, Problem> {
    let limits = of(env);
    let place = session::Message::Reserve { job_id: job.clone(), most: limits.open_per_session };
    in_session(env, session, place).await?;
    let place = project::Message::Reserve { job_id: job.clone(), most: limits.open_per_project, claim };
    let to = ActorName::Project(job.project());
    let in_project = match mailbox::ask(env, to, protocol::Message::Project(place)).await? {
        Reply::Done => Ok(None),
        other => reply::body(other).and_then(|it| Ok(serde_json::from_str::<Allowed>(it.get())?.cap)),
    };
    if in_project.is_err() {
        // Should this get lost: a place that no job takes up is free again after a minute.
        let _ = in_session(env, session, session::Message::Release { job_id: job.clone() }).await;
    }
    in_project
}

/// Keeps money for variants that are about to be tried again; what the job may spend on them. Asked again under its key, it's
/// kept once.
///
/// # Errors
/// 402 or 422 when the project's budget has no room for it.
pub async fn extend(
    env: &Env,
    asking: &Asking,
    job: &JobId,
    claim: Claim,
) -> Result<Option<Nanodollars>, Problem> {
    let claim = project::Message::Extend { job_id: job.clone(), claim };
    let to = ActorName::Project(job.project());
    let allowed = asking.ask(env, to, protocol::Message::Project(claim)).await?.body;
    Ok(serde_json::from_str::<Allowed>(allowed.get())?.cap)
}

fn address(request: &Request) -> Result<Option<String>, Problem> {
    Ok(request.headers().get("cf-connecting-ip")?)
}

async fn token(env: &Env, address: String, bucket: Bucket) -> Result<Verdict, Problem> {
    let to = ActorName::Gate(GateId::of(&address));
    let asked = protocol::Message::Gate(gate::Message::Take { address, bucket });
    Ok(serde_json::from_str(reply::ask(env, to, asked).await?.get())?)
}

async fn in_session(env: &Env, session: &SessionId, message: session::Message) -> Result<(), Problem> {
    reply::agree(env, ActorName::Session(session.clone()), protocol::Message::Session(message)).await
}

impl Allowance {
    /// There was a token.
    ///
    /// # Errors
    /// 429, saying when there will be one.
    pub fn check(&self) -> Result<(), Problem> {
        if self.verdict.allowed {
            return Ok(());
        }
        let [policy, limit] = self.headers();
        Err(Problem::too_many("too many jobs from this address", self.wait_s())
            .with_header(policy.0, policy.1)
            .with_header(limit.0, limit.1))
    }

    /// Tells the caller how much is left.
    ///
    /// # Errors
    /// When the platform refuses the headers.
    pub fn mark(&self, response: Response) -> Result<Response, Problem> {
        for (name, value) in self.headers() {
            response.headers().set(name, &value)?;
        }
        Ok(response)
    }

    /// `draft-ietf-httpapi-ratelimit-headers-10`: the policy, and what it leaves.
    fn headers(&self) -> [(&'static str, String); 2] {
        let (quota, window) = (self.bucket.burst, self.bucket.window_s());
        let left = self.verdict.remaining;
        [
            ("ratelimit-policy", format!("\"jobs\";q={quota};w={window}")),
            ("ratelimit", format!("\"jobs\";r={left};t={}", self.wait_s())),
        ]
    }

    fn wait_s(&self) -> i64 {
        self.verdict.wait_s()
    }
}
