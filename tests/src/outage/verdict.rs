//! What an outage came to: the figures, and what is wrong with them.

use std::fmt;

use crate::history::Micros;
use crate::torture::run::Exchange;

/// D1 has caught up within this, in microseconds.
const LAG_LIMIT: Micros = 10_000_000;
/// The one list that clients ask for; what is known by its id has a path of its own.
const LISTS: &str = "/api/projects?";

/// What was measured.
#[derive(Debug, Default)]
pub struct Figures {
    /// Requests before D1 went and after it was back.
    pub around: Vec<Exchange>,
    /// Requests while it was away.
    pub away: Vec<Exchange>,
    /// How long it was away.
    pub outage: Micros,
    /// From the answer that promised each job of the outage to the event that closed it; none when it didn't end before
    /// D1 was back.
    pub jobs: Vec<Option<Micros>>,
    /// Projects, jobs and pictures that D1 was asked about.
    pub held: [usize; 3],
    /// From D1's return until it held them all; none when it never did.
    pub lag: Option<Micros>,
    /// What it didn't hold.
    pub missing: Vec<String>,
    /// Items that actors gave up sending, and messages that the queue did.
    pub parked: i64,
    /// Rules of [`crate::history`] that were broken.
    pub violations: Vec<String>,
}

impl Figures {
    /// What must not be; empty when all is well.
    pub fn complaints(&self) -> Vec<String> {
        let mut found = self.violations.clone();
        found.extend(
            self.around.iter().filter(|it| !is_ok(it)).map(|it| format!("with D1 there: {}", Line(it))),
        );
        let unexcused = |it: &&Exchange| !is_ok(it) && !is_list_away(it);
        found.extend(self.away.iter().filter(unexcused).map(|it| format!("with D1 away: {}", Line(it))));
        if !self.away.iter().any(is_list_away) {
            found.push("no list found D1 away: it wasn't".to_owned());
        }
        for (what, none) in [("PATCH", self.count("PATCH") == 0), ("job", self.jobs.is_empty())] {
            if none {
                found.push(format!("no {what} while D1 was away"));
            }
        }
        let open = self.jobs.iter().filter(|took| took.is_none()).count();
        if open > 0 {
            found.push(format!("{open} jobs needed D1 to end"));
        }
        if self.lag.is_none_or(|lag| lag >= LAG_LIMIT) {
            found.push(format!("D1 hadn't caught up after {} s", LAG_LIMIT / 1_000_000));
        }
        found.extend(self.missing.iter().map(|what| format!("D1 never held {what}")));
        if self.parked != 0 {
            found.push(format!("{} items were parked", self.parked));
        }
        found
    }

    fn count(&self, method: &str) -> usize {
        self.away.iter().filter(|it| it.method == method).count()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists: Vec<&Exchange> = self.away.iter().filter(|it| is_list(it)).collect();
        let actors: Vec<&Exchange> = self.away.iter().filter(|it| !is_list(it)).collect();
        let [projects, jobs, pictures] = self.held;
        writeln!(out, "D1 away            {} s", self.outage / 1_000_000)?;
        writeln!(out, "requests           {} of actors: {}", actors.len(), spread(&times(&actors)))?;
        writeln!(out, "  patches          {}", self.count("PATCH"))?;
        let refused = lists.iter().filter(|it| is_list_away(it)).count();
        writeln!(
            out,
            "lists              {}, {refused} of them 503: {}",
            lists.len(),
            spread(&times(&lists))
        )?;
        let ended: Vec<Micros> = self.jobs.iter().copied().flatten().collect();
        writeln!(out, "jobs               {} of {} ended: {}", ended.len(), self.jobs.len(), spread(&ended))?;
        writeln!(out, "D1 holds           {projects} projects, {jobs} jobs, {pictures} pictures")?;
        match self.lag {
            Some(lag) => writeln!(out, "lag                {} ms after D1 was back", lag / 1_000)?,
            None => writeln!(out, "lag                not gone")?,
        }
        writeln!(out, "parked             {}", self.parked)
    }
}

/// A request as a complaint shows it.
struct Line<'a>(&'a Exchange);

impl fmt::Display for Line<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exchange { method, path, status, problem, .. } = self.0;
        match status {
            Some(status) => write!(out, "{method} {path}: {status} {problem}"),
            None => write!(out, "{method} {path}: no answer"),
        }
    }
}

fn is_ok(exchange: &Exchange) -> bool {
    exchange.status.is_some_and(|status| (200..300).contains(&status))
}

fn is_list(exchange: &Exchange) -> bool {
    exchange.path.starts_with(LISTS)
}

/// The one refusal that an outage excuses.
fn is_list_away(exchange: &Exchange) -> bool {
    is_list(exchange)
        && exchange.status == Some(503)
        && exchange.problem == "urn:picasso:read-model-away"
        && exchange.retry_after.is_some()
}

fn times(of: &[&Exchange]) -> Vec<Micros> {
    of.iter().map(|it| it.took).collect()
}

fn spread(micros: &[Micros]) -> String {
    let mut sorted = micros.to_vec();
    sorted.sort_unstable();
    let at = |percent: usize| sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)));
    let ms = |percent| at(percent).map_or(0, |micros| micros / 1_000);
    format!("{} ms median, {} ms p99, {} ms slowest", ms(50), ms(99), ms(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(method: &str, path: &str, status: u16, problem: &str) -> Exchange {
        Exchange {
            method: method.to_owned(),
            path: path.to_owned(),
            status: Some(status),
            problem: problem.to_owned(),
            retry_after: (status == 503).then_some(5),
            took: 1_000,
        }
    }

    fn away() -> Exchange {
        exchange("GET", "/api/projects?limit=100", 503, "urn:picasso:read-model-away")
    }

    fn good() -> Figures {
        Figures {
            around: vec![exchange("GET", "/api/projects?limit=100", 200, "")],
            away: vec![exchange("PATCH", "/api/projects/p", 200, ""), away()],
            jobs: vec![Some(1)],
            lag: Some(LAG_LIMIT - 1),
            ..Figures::default()
        }
    }

    #[test]
    fn an_outage_that_only_lists_felt_is_good() {
        assert_eq!(good().complaints(), Vec::<String>::new());
    }

    #[test]
    fn whatever_else_is_refused_is_a_complaint() {
        for bad in [
            exchange("PATCH", "/api/projects/p", 503, "urn:picasso:read-model-away"),
            exchange("GET", "/api/projects?limit=100", 500, "urn:picasso:internal"),
            exchange("GET", "/api/jobs/j", 404, "urn:picasso:not-found"),
            Exchange { retry_after: None, ..away() },
            Exchange { status: None, ..away() },
        ] {
            let figures = Figures { away: [good().away, vec![bad.clone()]].concat(), ..good() };
            assert_eq!(figures.complaints().len(), 1, "{bad:?}");
        }
        let figures = Figures { around: vec![away()], ..good() };
        assert_eq!(figures.complaints().len(), 1, "a list that's refused while D1 is there");
    }

    #[test]
    fn an_outage_that_shows_nothing_is_a_complaint() {
        assert_eq!(Figures { away: vec![], ..good() }.complaints().len(), 2, "neither lists nor patches");
        assert_eq!(Figures { jobs: vec![], ..good() }.complaints().len(), 1);
    }

    #[test]
    fn what_comes_late_or_never_is_a_complaint() {
        for figures in [
            Figures { lag: Some(LAG_LIMIT), ..good() },
            Figures { lag: None, ..good() },
            Figures { missing: vec!["Jobs j: no row".to_owned()], ..good() },
            Figures { jobs: vec![Some(1), None], ..good() },
            Figures { parked: 1, ..good() },
            Figures { violations: vec!["Lost: project p".to_owned()], ..good() },
        ] {
            assert_eq!(figures.complaints().len(), 1, "{figures:?}");
        }
    }

    #[test]
    fn figures_are_for_people() {
        let shown = good().to_string();
        assert!(shown.contains("lists              1, 1 of them 503: 1 ms median"), "{shown}");
        assert!(shown.contains("jobs               1 of 1 ended"), "{shown}");
    }
}
