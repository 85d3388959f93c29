//! Clients that have their resources to themselves: those who rename one over and over, and those who create and
//! delete.

use http::header::{IF_MATCH, IF_NONE_MATCH};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Sent, Site, tag_of};

/// A resource as the last answer showed it, and what its client was about to make of it.
#[derive(Debug)]
pub struct Resource {
    pub path: String,
    pub acknowledged: Answer,
    /// The name of a write that was sent, and not answered.
    sent: Option<String>,
}

impl Resource {
    pub async fn at(site: &Site, path: String) -> Self {
        let acknowledged = site.show(&path).await.expect("the service listens");
        assert_eq!(acknowledged.status, 200, "{path}");
        Self { path, acknowledged, sent: None }
    }

    /// Renames it over and over, until it is over or nobody listens.
    pub async fn keep_renaming(mut self, site: Site) -> Self {
        for number in 0.. {
            if site.log.is_over() {
                break;
            }
            let name = format!("{} of {}", number, self.acknowledged.tag);
            let mut body = self.acknowledged.json();
            body["name"] = json!(name);
            let request = site.http.put(site.url(&self.path));
            let request = request.header(IF_MATCH, &self.acknowledged.tag).json(&body);
            if let Sent::Answered(answer) = site.write(request).await {
                assert_eq!(answer.status, 200, "nobody else writes {}: {}", self.path, answer.body);
                assert_eq!(answer.json()["name"], name);
                self.acknowledged = answer;
                continue;
            }
            self.sent = Some(name);
            if self.survived(&site).await.is_none() {
                break;
            }
        }
        self
    }

    /// It is as it was acknowledged, or as it was to be made; `None` where nobody listens.
    pub async fn survived(&mut self, site: &Site) -> Option<()> {
        let url = site.url(&self.path);
        let shown = site.show(&self.path).await?;
        assert_eq!(shown.status, 200, "{url}");
        assert_eq!(shown.tag, tag_of(&shown.body));
        let is_acknowledged = shown.tag == self.acknowledged.tag;
        if is_acknowledged {
            assert_eq!(shown, Answer { status: 200, ..self.acknowledged.clone() });
        } else {
            assert!(self.sent.is_some(), "{url} was acknowledged as {:?}", self.acknowledged);
            let wanted = self.sent.as_deref();
            assert_eq!(shown.json()["name"].as_str(), wanted, "{url} was {:?}", self.acknowledged);
            assert_eq!(unnamed(&shown), unnamed(&self.acknowledged));
            let outdated = site.http.get(&url).header(IF_NONE_MATCH, &self.acknowledged.tag);
            assert_eq!(site.read(outdated).await?, shown);
        }
        let current = site.read(site.http.get(&url).header(IF_NONE_MATCH, &shown.tag)).await?;
        assert_eq!(current, Answer { status: 304, body: String::new(), ..shown.clone() });
        if self.sent.take().is_some() {
            site.log.resolve(!is_acknowledged);
        }
        self.acknowledged = shown;
        Some(())
    }
}

/// What a write of the name leaves as it was.
fn unnamed(answer: &Answer) -> Value {
    let mut value = answer.json();
    for member in ["name", "versionDate", "etag"] {
        value.as_object_mut().expect("an object").remove(member);
    }
    value
}

/// Assets of one client's own: it creates them, and deletes every other one.
#[derive(Debug, Default)]
pub struct Churn {
    pub created: Vec<Resource>,
    pub deleted: Vec<(String, Answer)>,
    /// What was sent and not answered.
    sent: Option<Step>,
}

/// One write of an asset that is created or deleted.
#[derive(Debug)]
struct Step {
    path: String,
    /// What is deleted; nothing where the asset is created.
    before: Option<Answer>,
}

impl Churn {
    /// Creates and deletes, until it is over or nobody listens.
    pub async fn keep_churning(mut self, site: Site) -> Self {
        for number in 0.. {
            if site.log.is_over() {
                break;
            }
            let path = format!("/assets/{}", Uuid::new_v4());
            if self.step(&site, Step { path, before: None }).await.is_none() {
                break;
            }
            if number % 2 == 0 {
                continue;
            }
            let Some(Resource { path, acknowledged, .. }) = self.created.pop() else { continue };
            if self.step(&site, Step { path, before: Some(acknowledged) }).await.is_none() {
                break;
            }
        }
        self
    }

    /// Creates an asset, or deletes it; `None` where nobody listens any more.
    async fn step(&mut self, site: &Site, step: Step) -> Option<()> {
        let url = site.url(&step.path);
        let (request, expected) = match &step.before {
            None => (site.http.put(url).header(IF_NONE_MATCH, "*").json(&new_asset()), 201),
            Some(asset) => (site.http.delete(url).header(IF_MATCH, &asset.tag), 204),
        };
        let sent = site.write(request).await;
        let Sent::Answered(answer) = sent else {
            self.sent = Some(step);
            return self.look(site).await;
        };
        assert_eq!(answer.status, expected, "nobody else writes {}: {}", step.path, answer.body);
        match step.before {
            None => self.created.push(Resource { path: step.path, acknowledged: answer, sent: None }),
            Some(asset) => self.deleted.push((step.path, asset)),
        }
        Some(())
    }

    /// What was not answered is done, or it is not; `None` where nobody listens.
    async fn look(&mut self, site: &Site) -> Option<()> {
        let Some(Step { path, before }) = self.sent.take() else { return Some(()) };
        let Some(shown) = site.show(&path).await else {
            self.sent = Some(Step { path, before });
            return None;
        };
        let is_there = shown.status == 200;
        assert!(is_there || shown.status == 404, "{}: {}", shown.status, shown.body);
        site.log.resolve(is_there == before.is_none());
        match (is_there, before) {
            (true, before) => {
                assert_eq!(shown.tag, tag_of(&shown.body));
                let made = shown.json();
                match before {
                    Some(asset) => assert_eq!(shown.body, asset.body),
                    None => assert!(is_made_of(&made, &new_asset()), "{made}"),
                }
                self.created.push(Resource { path, acknowledged: shown, sent: None });
            }
            (false, Some(asset)) => self.deleted.push((path, asset)),
            (false, None) => {}
        }
        Some(())
    }

    /// What was created is there, and what was deleted is not, and not to be revived by who missed that.
    pub async fn survived(&mut self, site: &Site) -> Option<()> {
        self.look(site).await?;
        for created in &mut self.created {
            created.survived(site).await?;
        }
        for (path, last) in &self.deleted {
            assert_eq!(site.show(path).await?.status, 404, "{path} was deleted");
            let late = site.http.put(site.url(path)).header(IF_MATCH, &last.tag).json(&last.json());
            assert_eq!(site.read(late).await?.status, 412);
            assert_eq!(site.show(path).await?.status, 404);
        }
        Some(())
    }
}

/// Whether it has all members that were sent, as they were sent.
fn is_made_of(made: &Value, sent: &Value) -> bool {
    sent.as_object().is_some_and(|sent| sent.iter().all(|(name, value)| made[name] == *value))
}

/// What a client sends to create an asset.
pub fn new_asset() -> Value {
    json!({
        "serialNumber": "D-1",
        "name": "Flight recorder",
        "status": "active",
        "value": 0.1,
        "tags": ["ågren"],
        "location": null,
        "productId": Uuid::nil(),
    })
}
