//! Clients of all kinds at once: some rename, some create and delete, some move value in lists, and one reads it all.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::alone::{Churn, Resource};
use super::transfers::{Extent, Party, Transfer, audit, ledger_after, ledger_of};
use super::{Log, Sent, Site};

/// What becomes of each client's writes is known to it, over any number of rounds.
pub struct Workload {
    renamed: Vec<Resource>,
    churned: Vec<Churn>,
    product: Uuid,
    /// What is known to be done, and what was not answered in the last round.
    transfers: Vec<Transfer>,
    unanswered: Vec<Transfer>,
    /// How many clients there were so far that transfer.
    parties: usize,
    /// What none of them writes.
    untouched: HashMap<String, Value>,
    pub log: Arc<Log>,
}

const RENAMERS: [(&str, usize); 2] = [("assets", 4), ("products", 2)];
const CHURNERS: usize = 3;
const PARTIES: usize = 6;

/// How many clients write.
pub const WRITERS: usize = RENAMERS[0].1 + RENAMERS[1].1 + CHURNERS + PARTIES;

/// What the lists that are written are made of.
pub const LISTED: Extent = Extent { assets: 40, fewest: 2, most: 20 };

impl Workload {
    /// The clients of a service that has so many assets of a product as [`LISTED`] says.
    pub async fn new(site: &Site, product: Uuid) -> Self {
        let mut renamed = Vec::new();
        let mut untouched = HashMap::new();
        for (collection, writers) in RENAMERS {
            let list = site.show(&format!("/{collection}?limit=500")).await.expect("the service listens");
            let others = list.items().into_iter().filter(|item| item["productId"] != product.to_string());
            for (index, item) in others.enumerate() {
                let path = format!("/{collection}/{}", item["id"].as_str().expect("its id"));
                if index < writers {
                    renamed.push(Resource::at(site, path).await);
                } else {
                    untouched.insert(path, item);
                }
            }
        }
        let churned = [(); CHURNERS].map(|()| Churn::default()).into();
        let (transfers, unanswered, log) = (Vec::new(), Vec::new(), Arc::clone(&site.log));
        Self { renamed, churned, product, transfers, unanswered, parties: 0, untouched, log }
    }

    /// All write, each to one of the sites, until `fault` is done or nobody listens.
    pub async fn write_during<F>(&mut self, sites: &[Site], fault: impl AsyncFnOnce(&Log) -> F) -> F {
        self.log.set_over(false);
        let mut turns = sites.iter().cycle().cloned();
        let mut site = || turns.next().expect("there is a site");
        let renamed: JoinSet<_> =
            self.renamed.drain(..).map(|resource| resource.keep_renaming(site())).collect();
        let churned: JoinSet<_> = self.churned.drain(..).map(|churn| churn.keep_churning(site())).collect();
        let mut parties = Vec::new();
        for _ in 0..PARTIES {
            self.parties += 1;
            parties.push(Party::new(self.parties, site(), self.product));
        }
        let auditor = Party::new(0, site(), self.product);
        let parties: JoinSet<_> = parties.into_iter().map(keep_transferring).collect();
        let log = Arc::clone(&self.log);
        let reads = tokio::spawn(audit(auditor, move || log.is_over()));
        let outcome = fault(&self.log).await;
        self.log.set_over(true);
        (self.renamed, self.churned) = (renamed.join_all().await, churned.join_all().await);
        for Transfers { done, unanswered } in parties.join_all().await {
            self.transfers.extend(done);
            self.unanswered.extend(unanswered);
        }
        reads.await.expect("what is read is whole");
        outcome
    }

    /// What was acknowledged is there, what was not answered is there whole or not at all, and all tags are true.
    pub async fn survived(&mut self, site: &Site) {
        for resource in &mut self.renamed {
            resource.survived(site).await.expect("the service listens");
        }
        for churn in &mut self.churned {
            churn.survived(site).await.expect("the service listens");
        }
        let listed = Party::new(0, site.clone(), self.product).all().await;
        let found = ledger_of(&listed.items());
        for transfer in self.unanswered.drain(..) {
            let is_there = found.values().any(|(_, names)| names.contains(&transfer.name));
            self.log.resolve(is_there);
            self.transfers.extend(is_there.then_some(transfer));
        }
        assert_eq!(found, ledger_after(found.keys(), self.transfers.iter()));
    }

    /// Each kind of write was acknowledged, and nothing else was written.
    pub async fn assert_written(&self, site: &Site) {
        for (path, item) in &self.untouched {
            assert_eq!(site.show(path).await.expect("the service listens").json(), *item);
        }
        assert!(self.churned.iter().all(|churn| !churn.created.is_empty() && !churn.deleted.is_empty()));
        assert!(!self.transfers.is_empty());
        let tally = self.log.tally();
        assert!(tally.acknowledged > self.transfers.len(), "{tally}");
    }
}

/// What became of one client's transfers.
#[derive(Default)]
struct Transfers {
    done: Vec<Transfer>,
    unanswered: Vec<Transfer>,
}

/// Makes transfers until it is over, or nobody listens.
async fn keep_transferring(mut party: Party) -> Transfers {
    let mut transfers = Transfers::default();
    while !party.site.log.is_over() {
        let Some((transfer, request)) = party.plan(&LISTED).await else { break };
        match party.site.write(request).await {
            Sent::Answered(answer) if answer.status == 200 => {
                transfer.assert_answered(&answer);
                transfers.done.push(transfer);
            }
            Sent::Answered(answer) => assert_eq!(answer.status, 412, "{}", answer.body),
            Sent::Unanswered => transfers.unanswered.push(transfer),
        }
    }
    transfers
}
