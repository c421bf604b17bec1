//! A health check, made over HTTP on this machine, as a load balancer makes it of its targets.

use std::net::Ipv4Addr;

use http::{Request, Response, header};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use tokio::net::TcpStream;

use crate::balancer::send;
use crate::elbv2::{HealthCheck, Question, takes};
use crate::simulation::FailingCheck;

/// The name under which a load balancer asks ("Health checks for Application Load Balancer target groups", user guide).
const AGENT: &str = "ELB-HealthChecker/2.0";

impl HealthCheck {
    /// Makes the check once, of what listens on 127.0.0.1.
    ///
    /// # Errors
    ///
    /// The reason why it isn't well.
    pub async fn probe(&self) -> Result<(), FailingCheck> {
        match tokio::time::timeout(self.timeout, self.ask()).await {
            Ok(found) => found,
            Err(_) => Err(FailingCheck::NoAnswer),
        }
    }

    async fn ask(&self) -> Result<(), FailingCheck> {
        let Question::Page { path, codes } = &self.asks else {
            let connected = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await;
            return connected.map(drop).map_err(|_| FailingCheck::Refused);
        };
        let status = self.get(path).await.ok_or(FailingCheck::Refused)?.status().as_u16();
        if takes(codes, status) { Ok(()) } else { Err(FailingCheck::Code(status)) }
    }

    async fn get(&self, path: &str) -> Option<Response<Incoming>> {
        let request = Request::get(path)
            .header(header::HOST, format!("127.0.0.1:{}", self.port))
            .header(header::USER_AGENT, AGENT)
            .header(header::CONNECTION, "close");
        let request = request.body(Empty::<Bytes>::new()).ok().filter(|_| path.starts_with('/'))?;
        send(self.port, request).await.ok()
    }
}
