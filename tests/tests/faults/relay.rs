//! What is between two programs that talk, and breaks their connection at a moment of the test's choice.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Listens on an address of its own, and passes on what it hears.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    cut: Arc<Mutex<Option<Cut>>>,
}

/// When a connection breaks.
#[derive(Debug, Clone, Copy)]
struct Cut {
    /// How many messages the client sends before.
    passed: usize,
    moment: Moment,
}

/// When it breaks, of the message that is sent then.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Moment {
    /// It never arrives.
    Before,
    /// It arrives, and nobody waits for what comes of it.
    Meanwhile,
    /// It arrives, and its answer has come as far as here.
    After,
}

impl Relay {
    /// In front of a server, such as `127.0.0.1:5432`.
    pub(crate) async fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let cut = Arc::<Mutex<Option<Cut>>>::default();
        let shared = Arc::clone(&cut);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, cut) = (server.clone(), Arc::clone(&shared));
                // A connection that breaks is none of the others'.
                tokio::spawn(async move { pass(client, TcpStream::connect(server).await?, &cut).await });
            }
        });
        Self { address, cut }
    }

    /// Breaks the connection on which so many more messages have been passed.
    pub(crate) fn cut(&self, passed: usize, moment: Moment) {
        *self.cut.lock().unwrap() = Some(Cut { passed, moment });
    }

    /// Breaks nothing any more; whether it has.
    pub(crate) fn has_cut(&self) -> bool {
        self.cut.lock().unwrap().take().is_none()
    }
}

async fn pass(mut client: TcpStream, mut server: TcpStream, cut: &Mutex<Option<Cut>>) -> std::io::Result<()> {
    let (mut sent, mut answered) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        tokio::select! {
            count = client.read(&mut sent) => {
                let count = count?;
                // An end is no message.
                let moment = if count == 0 { Some(Moment::Before) } else { due(cut) };
                if moment == Some(Moment::Before) {
                    return Ok(());
                }
                server.write_all(&sent[..count]).await?;
                if moment == Some(Moment::After) {
                    return server.read(&mut answered).await.map(drop);
                }
                if moment == Some(Moment::Meanwhile) {
                    return Ok(());
                }
            }
            count = server.read(&mut answered) => match count? {
                0 => return Ok(()),
                count => client.write_all(&answered[..count]).await?,
            },
        }
    }
}

/// Counts a message; when its connection breaks, if it does.
fn due(cut: &Mutex<Option<Cut>>) -> Option<Moment> {
    let mut cut = cut.lock().unwrap();
    match &mut *cut {
        Some(Cut { passed: 0, .. }) => cut.take().map(|cut| cut.moment),
        Some(cut) => {
            cut.passed -= 1;
            None
        }
        None => None,
    }
}
