//! Method and path to route: pure, and the only place that knows the paths.

use picasso_actors::artifact::Kind;
use picasso_actors::ids::{ArtifactId, JobId, ProgressionId, ProjectId, SessionId};
use picasso_actors::ingest::source;
use picasso_actors::knowledge::Key;
use picasso_actors::read_model::admin::List;
use worker::Method;

use super::problem::Problem;

/// Everything that can be asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Route {
    /// With the API key (or, for the stream, a ticket).
    Api(Api),
    /// For everyone: a published thing, perhaps of one kind only.
    Published {
        /// As in the path; not checked yet, because whatever is wrong with it must look like an unknown one.
        slug: String,
        /// The route serves only this kind.
        only: Option<Kind>,
        /// The name of something that comes with it.
        file: Option<String>,
    },
    /// For everyone: the password of a published thing, from the form that it shows.
    Unlock {
        /// As in [`Self::Published`].
        slug: String,
        /// As in [`Self::Published`].
        only: Option<Kind>,
        /// As in [`Self::Published`].
        file: Option<String>,
    },
    /// For everyone: what a provider shows of a picture on the way to it. The id isn't checked yet, likewise.
    Partial(String),
    /// For everyone: a picture that the Worker shows itself. Not checked yet, either.
    Picture(String),
}

/// The routes under `/api`.
#[derive(Debug, PartialEq, Eq)]
pub enum Api {
    /// `GET /api/projects`
    ListProjects,
    /// `POST /api/projects`
    CreateProject,
    /// `GET /api/projects/:id`
    FetchProject(ProjectId),
    /// `PATCH /api/projects/:id`
    ChangeProject(ProjectId),
    /// `GET /api/projects/:id/costs`
    ProjectCosts(ProjectId),
    /// `GET /api/projects/:id/progressions`
    ListProgressions(ProjectId),
    /// `POST /api/projects/:id/jobs`
    StartJob(ProjectId),
    /// `POST /api/projects/:id/uploads`
    Upload(ProjectId),
    /// `GET /api/projects/:id/uploads/:sha256`
    FetchUpload(ProjectId, String),
    /// `POST /api/projects/:id/artifacts/lookbook`
    MakeLookbook(ProjectId),
    /// `GET /api/jobs/:id`
    FetchJob(JobId),
    /// `GET /api/jobs/:id/events`
    JobEvents(JobId),
    /// `POST /api/jobs/:id/cancel`
    CancelJob(JobId),
    /// `POST /api/jobs/:id/retry`
    RetryJob(JobId),
    /// `POST /api/progressions/:id/rollback`
    RollBack(ProgressionId),
    /// `POST /api/progressions/:id/keep`
    KeepProgression(ProgressionId),
    /// `GET /api/artifact-kinds`
    ArtifactKinds,
    /// `GET /api/artifacts`
    ListArtifacts,
    /// `POST /api/artifacts`
    MakeArtifact,
    /// `GET /api/artifacts/:id`
    FetchArtifact(ArtifactId),
    /// `PATCH /api/artifacts/:id`
    ChangeArtifact(ArtifactId),
    /// `GET /api/artifacts/:id/views`
    ArtifactViews(ArtifactId),
    /// `POST /api/artifacts/:id/render`
    RenderArtifact(ArtifactId),
    /// `POST /api/artifacts/:id/associate`
    Associate(ArtifactId),
    /// `GET /api/artifacts/:id/versions`
    ArtifactVersions(ArtifactId),
    /// `GET /api/artifacts/:id/versions/:version`
    ArtifactVersion(ArtifactId, i64),
    /// `GET /api/artifacts/:id/files/:name`
    ArtifactFile(ArtifactId, String),
    /// `GET /api/artifacts/:id/originals.zip`
    ArtifactOriginals(ArtifactId),
    /// `POST /api/stream/:sessionId/ticket`
    MintTicket(SessionId),
    /// `GET /api/stream/:sessionId`
    Stream(SessionId),
    /// `GET /api/providers`
    ListProviders,
    /// `GET /api/knowledge`
    ListTips,
    /// `POST /api/knowledge`
    MakeTip,
    /// `GET /api/knowledge/:provider/:name`
    FetchTip(Key),
    /// `PUT /api/knowledge/:provider/:name`
    ReplaceTip(Key),
    /// `DELETE /api/knowledge/:provider/:name`
    DeleteTip(Key),
    /// `GET /api/knowledge/:provider/:name/versions`
    TipVersions(Key),
    /// `GET /api/preferences/:sessionId`
    FetchPreferences(SessionId),
    /// `PUT /api/preferences/:sessionId`
    SetPreferences(SessionId),
    /// `POST /api/admin/vision/agree`
    AgreeToVision,
    /// `GET /api/admin/<list>`
    Admin(List),
    /// `GET /api/admin/rebuild`
    RebuildProgress,
    /// `POST /api/admin/rebuild`
    Rebuild,
    /// `POST /api/admin/outbox/requeue`
    RequeueItem,
    /// `POST /api/admin/queue/:id/requeue`
    RequeueMessage(String),
}

/// Finds the route.
///
/// # Errors
/// 404 for an unknown path or an id that can't exist, 405 naming the methods that the path has, 400 for a bad session id.
pub fn parse(method: &Method, path: &str) -> Result<Route, Problem> {
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match segments.as_slice() {
        ["public", "lookbook", slug] => published(method, slug, Some(Kind::Lookbook), None),
        ["public", "artifact", slug] => published(method, slug, None, None),
        ["public", "artifact", slug, file] => published(method, slug, None, Some(file)),
        ["public", "partial", id] => match method {
            Method::Get | Method::Head => Ok(Route::Partial((*id).to_owned())),
            _ => Err(Problem::method("GET, HEAD")),
        },
        ["public", "image", token] => match method {
            Method::Get | Method::Head => Ok(Route::Picture((*token).to_owned())),
            _ => Err(Problem::method("GET, HEAD")),
        },
        ["api", rest @ ..] => api(method, rest).map(Route::Api),
        _ => Err(Problem::not_found("there is nothing at this path")),
    }
}

fn published(method: &Method, slug: &str, only: Option<Kind>, file: Option<&str>) -> Result<Route, Problem> {
    let (slug, file) = (slug.to_owned(), file.map(str::to_owned));
    match method {
        Method::Get | Method::Head => Ok(Route::Published { slug, only, file }),
        Method::Post => Ok(Route::Unlock { slug, only, file }),
        _ => Err(Problem::method("GET, HEAD, POST")),
    }
}

fn api(method: &Method, segments: &[&str]) -> Result<Api, Problem> {
    match (segments, method) {
        (["projects"], Method::Get) => Ok(Api::ListProjects),
        (["projects"], Method::Post) => Ok(Api::CreateProject),
        (["projects"], _) => Err(Problem::method("GET, POST")),
        (["projects", id], Method::Get) => project(id).map(Api::FetchProject),
        (["projects", id], Method::Patch) => project(id).map(Api::ChangeProject),
        (["projects", _], _) => Err(Problem::method("GET, PATCH")),
        (["projects", id, "costs"], Method::Get) => project(id).map(Api::ProjectCosts),
        (["projects", id, "progressions"], Method::Get) => project(id).map(Api::ListProgressions),
        (["projects", id, "jobs"], Method::Post) => project(id).map(Api::StartJob),
        (["providers"], Method::Get) => Ok(Api::ListProviders),
        (["projects", id, "uploads"], Method::Post) => project(id).map(Api::Upload),
        (["projects", id, "uploads", sha256], Method::Get) if source::is_digest(sha256) => {
            Ok(Api::FetchUpload(project(id)?, (*sha256).to_owned()))
        }
        (["projects", _, "uploads", _], Method::Get) => Err(Problem::not_found("no such upload")),
        (["projects", id, "artifacts", "lookbook"], Method::Post) => project(id).map(Api::MakeLookbook),
        (["jobs", id], Method::Get) => job(id).map(Api::FetchJob),
        (["jobs", id, "events"], Method::Get) => job(id).map(Api::JobEvents),
        (["jobs", id, "cancel"], Method::Post) => job(id).map(Api::CancelJob),
        (["jobs", id, "retry"], Method::Post) => job(id).map(Api::RetryJob),
        (["progressions", id, "rollback"], Method::Post) => progression(id).map(Api::RollBack),
        (["progressions", id, "keep"], Method::Post) => progression(id).map(Api::KeepProgression),
        (["artifact-kinds"], Method::Get) => Ok(Api::ArtifactKinds),
        (["artifacts", rest @ ..], _) => artifacts(method, rest),
        (["stream", id, "ticket"], Method::Post) => session(id).map(Api::MintTicket),
        (["stream", id], Method::Get) => session(id).map(Api::Stream),
        (["knowledge", rest @ ..], _) => knowledge(method, rest),
        (["preferences", id], Method::Get) => session(id).map(Api::FetchPreferences),
        (["preferences", id], Method::Put) => session(id).map(Api::SetPreferences),
        (["preferences", _], _) => Err(Problem::method("GET, PUT")),
        (["admin", rest @ ..], _) => admin(method, rest),
        (
            ["providers" | "artifact-kinds"]
            | ["projects", _, "costs" | "progressions"]
            | ["projects", _, "uploads", _]
            | ["jobs" | "stream", _]
            | ["jobs", _, "events"],
            _,
        ) => Err(Problem::method("GET")),
        (
            ["projects", _, "jobs" | "uploads"]
            | ["projects", _, "artifacts", "lookbook"]
            | ["jobs", _, "cancel" | "retry"]
            | ["progressions", _, "rollback" | "keep"]
            | ["stream", _, "ticket"],
            _,
        ) => Err(Problem::method("POST")),
        _ => Err(Problem::not_found("there is nothing at this path")),
    }
}

fn artifacts(method: &Method, segments: &[&str]) -> Result<Api, Problem> {
    let unknown = || Problem::not_found("no such artifact");
    let artifact = |id: &str| ArtifactId::parse(id).map_err(|_| unknown());
    match (segments, method) {
        ([], Method::Get) => Ok(Api::ListArtifacts),
        ([], Method::Post) => Ok(Api::MakeArtifact),
        ([], _) => Err(Problem::method("GET, POST")),
        ([id], Method::Get) => artifact(id).map(Api::FetchArtifact),
        ([id], Method::Patch) => artifact(id).map(Api::ChangeArtifact),
        ([_], _) => Err(Problem::method("GET, PATCH")),
        ([id, "views"], Method::Get) => artifact(id).map(Api::ArtifactViews),
        ([id, "render"], Method::Post) => artifact(id).map(Api::RenderArtifact),
        ([id, "associate"], Method::Post) => artifact(id).map(Api::Associate),
        ([id, "versions"], Method::Get) => artifact(id).map(Api::ArtifactVersions),
        ([id, "versions", version], Method::Get) => {
            let version = version.parse().map_err(|_| unknown())?;
            Ok(Api::ArtifactVersion(artifact(id)?, version))
        }
        ([id, "files", name], Method::Get) => Ok(Api::ArtifactFile(artifact(id)?, (*name).to_owned())),
        ([id, "originals.zip"], Method::Get) => artifact(id).map(Api::ArtifactOriginals),
        ([_, "versions" | "views" | "originals.zip"] | [_, "versions" | "files", _], _) => {
            Err(Problem::method("GET"))
        }
        ([_, "render" | "associate"], _) => Err(Problem::method("POST")),
        _ => Err(Problem::not_found("there is nothing at this path")),
    }
}

fn admin(method: &Method, segments: &[&str]) -> Result<Api, Problem> {
    match (segments, method) {
        (["rebuild"], Method::Get) => Ok(Api::RebuildProgress),
        (["rebuild"], Method::Post) => Ok(Api::Rebuild),
        (["rebuild"], _) => Err(Problem::method("GET, POST")),
        (["outbox", "requeue"], Method::Post) => Ok(Api::RequeueItem),
        (["queue", id, "requeue"], Method::Post) => Ok(Api::RequeueMessage((*id).to_owned())),
        (["vision", "agree"], Method::Post) => Ok(Api::AgreeToVision),
        (["outbox", "requeue"] | ["queue", _, "requeue"] | ["vision", "agree"], _) => {
            Err(Problem::method("POST"))
        }
        ([name], _) => match (List::parse(name), method) {
            (Some(list), Method::Get) => Ok(Api::Admin(list)),
            (Some(_), _) => Err(Problem::method("GET")),
            (None, _) => Err(Problem::not_found("there is nothing at this path")),
        },
        _ => Err(Problem::not_found("there is nothing at this path")),
    }
}

fn knowledge(method: &Method, segments: &[&str]) -> Result<Api, Problem> {
    let key = |provider, name| Key::parse(provider, name).ok_or_else(|| Problem::not_found("no such tip"));
    match (segments, method) {
        ([], Method::Get) => Ok(Api::ListTips),
        ([], Method::Post) => Ok(Api::MakeTip),
        ([], _) => Err(Problem::method("GET, POST")),
        ([provider, name], Method::Get) => key(provider, name).map(Api::FetchTip),
        ([provider, name], Method::Put) => key(provider, name).map(Api::ReplaceTip),
        ([provider, name], Method::Delete) => key(provider, name).map(Api::DeleteTip),
        ([_, _], _) => Err(Problem::method("GET, PUT, DELETE")),
        ([provider, name, "versions"], Method::Get) => key(provider, name).map(Api::TipVersions),
        ([_, _, "versions"], _) => Err(Problem::method("GET")),
        _ => Err(Problem::not_found("there is nothing at this path")),
    }
}

fn project(id: &str) -> Result<ProjectId, Problem> {
    ProjectId::parse(id).map_err(|_| Problem::not_found("no such project"))
}

fn job(id: &str) -> Result<JobId, Problem> {
    JobId::parse(id).map_err(|_| Problem::not_found("no such job"))
}

fn progression(id: &str) -> Result<ProgressionId, Problem> {
    ProgressionId::parse(id).map_err(|_| Problem::not_found("no such progression"))
}

fn session(id: &str) -> Result<SessionId, Problem> {
    SessionId::parse(id).map_err(|_| {
        Problem::field(400, "sessionId", "must be 1 to 128 letters, digits, hyphens or underscores")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: &str = "4fZk0PqLx81mWd2C";

    fn status(method: &Method, path: &str) -> u16 {
        parse(method, path).map_or_else(|problem| problem.status(), |_| 200)
    }

    #[test]
    fn every_route_is_found() {
        let job = format!("{PROJECT}-9aX2kLm0Qw3E");
        for (method, path) in [
            (Method::Get, "/api/projects".to_owned()),
            (Method::Post, "/api/projects".to_owned()),
            (Method::Get, format!("/api/projects/{PROJECT}")),
            (Method::Patch, format!("/api/projects/{PROJECT}")),
            (Method::Get, format!("/api/projects/{PROJECT}/costs")),
            (Method::Get, format!("/api/projects/{PROJECT}/progressions")),
            (Method::Post, format!("/api/projects/{PROJECT}/jobs")),
            (Method::Post, format!("/api/projects/{PROJECT}/artifacts/lookbook")),
            (Method::Get, format!("/api/jobs/{job}")),
            (Method::Get, format!("/api/jobs/{job}/events")),
            (Method::Post, format!("/api/jobs/{job}/cancel")),
            (Method::Post, format!("/api/jobs/{job}/retry")),
            (Method::Post, format!("/api/progressions/{job}-0/rollback")),
            (Method::Post, format!("/api/progressions/{job}-0/keep")),
            (Method::Get, "/public/image/anything".to_owned()),
            (Method::Get, "/api/artifact-kinds".to_owned()),
            (Method::Get, "/api/artifacts".to_owned()),
            (Method::Post, "/api/artifacts".to_owned()),
            (Method::Get, "/api/artifacts/2b7Qm0ZkLx81mWd2CaB3xY".to_owned()),
            (Method::Patch, "/api/artifacts/2b7Qm0ZkLx81mWd2CaB3xY".to_owned()),
            (Method::Get, "/api/artifacts/2b7Qm0ZkLx81mWd2CaB3xY/views".to_owned()),
            (Method::Post, "/api/artifacts/2b7Qm0ZkLx81mWd2CaB3xY/render".to_owned()),
            (Method::Post, "/api/artifacts/2b7Qm0ZkLx81mWd2CaB3xY/associate".to_owned()),
            (Method::Get, "/api/artifacts/2b7Qm0ZkLx81mWd2CaB3xY/versions".to_owned()),
            (Method::Get, "/api/artifacts/2b7Qm0ZkLx81mWd2CaB3xY/versions/3".to_owned()),
            (Method::Get, "/api/artifacts/2b7Qm0ZkLx81mWd2CaB3xY/files/data.csv".to_owned()),
            (Method::Get, "/api/artifacts/2b7Qm0ZkLx81mWd2CaB3xY/originals.zip".to_owned()),
            (Method::Post, "/api/stream/ada/ticket".to_owned()),
            (Method::Get, "/api/stream/ada".to_owned()),
            (Method::Get, "/api/knowledge".to_owned()),
            (Method::Post, "/api/knowledge".to_owned()),
            (Method::Get, "/api/knowledge/openai/exact-scope".to_owned()),
            (Method::Put, "/api/knowledge/openai/exact-scope".to_owned()),
            (Method::Delete, "/api/knowledge/openai/exact-scope".to_owned()),
            (Method::Get, "/api/knowledge/openai/exact-scope/versions".to_owned()),
            (Method::Get, "/api/preferences/ada".to_owned()),
            (Method::Put, "/api/preferences/ada".to_owned()),
            (Method::Post, "/api/admin/vision/agree".to_owned()),
            (Method::Post, format!("/api/projects/{PROJECT}/uploads")),
            (Method::Get, format!("/api/projects/{PROJECT}/uploads/{}", "0a".repeat(32))),
            (Method::Get, "/api/admin/overview".to_owned()),
            (Method::Get, "/api/admin/queue".to_owned()),
            (Method::Get, "/api/admin/rebuild".to_owned()),
            (Method::Post, "/api/admin/rebuild".to_owned()),
            (Method::Post, "/api/admin/outbox/requeue".to_owned()),
            (Method::Post, "/api/admin/queue/m-1/requeue".to_owned()),
            (Method::Get, "/public/lookbook/anything".to_owned()),
            (Method::Head, "/public/artifact/anything".to_owned()),
            (Method::Get, "/public/artifact/anything/data.csv".to_owned()),
            (Method::Post, "/public/artifact/anything".to_owned()),
            (Method::Get, "/public/partial/anything".to_owned()),
        ] {
            assert_eq!(status(&method, &path), 200, "{method:?} {path}");
        }
    }

    #[test]
    fn what_is_not_there_is_404_and_what_cannot_be_done_405() {
        for path in [
            "/",
            "/api",
            "/api/",
            "/_actor/ada",
            "/api/projects/short",
            "/api/jobs/x",
            "/api/projects/4fZk0PqLx81mWd2C/uploads/0A",
            "/api/admin",
            "/api/admin/x",
            "/api/admin/queue/m-1",
            "/api/knowledge/openai",
            "/api/knowledge/midas/gold",
            "/api/knowledge/openai/Exact",
            "/api/knowledge/openai/a/versions/1",
            "/api/preferences",
            "/public/x/y",
            "//api/projects",
        ] {
            let path = if path == "//api/projects" { "/x//api/projects" } else { path };
            assert_eq!(status(&Method::Get, path), 404, "{path}");
        }
        assert_eq!(status(&Method::Delete, "/api/projects"), 405);
        assert_eq!(status(&Method::Get, &format!("/api/projects/{PROJECT}/jobs")), 405);
        assert_eq!(status(&Method::Get, &format!("/api/projects/{PROJECT}/uploads")), 405);
        assert_eq!(status(&Method::Delete, &format!("/api/projects/{PROJECT}/uploads/x")), 405);
        assert_eq!(status(&Method::Put, "/public/lookbook/x"), 405);
        assert_eq!(status(&Method::Delete, "/api/artifacts/2b7Qm0ZkLx81mWd2CaB3xY"), 405);
        assert_eq!(status(&Method::Post, "/public/partial/x"), 405);
        assert_eq!(status(&Method::Post, "/public/image/x"), 405);
        assert_eq!(status(&Method::Post, "/api/admin/jobs"), 405);
        assert_eq!(status(&Method::Get, "/api/admin/outbox/requeue"), 405);
        assert_eq!(status(&Method::Delete, "/api/admin/rebuild"), 405);
        assert_eq!(status(&Method::Put, "/api/knowledge"), 405);
        assert_eq!(status(&Method::Post, "/api/knowledge/openai/exact-scope"), 405);
        assert_eq!(status(&Method::Post, "/api/preferences/ada"), 405);
        assert_eq!(status(&Method::Get, "/api/admin/vision/agree"), 405);
        assert_eq!(status(&Method::Get, "/api/preferences/a%20b"), 400);
        assert_eq!(status(&Method::Get, "/api/stream/a%20b"), 400);
        assert_eq!(status(&Method::Get, "/api/stream/"), 400);
    }
}
