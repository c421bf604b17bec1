//! A job's objects in S3: those that are put there before its task starts, and those that its task has written.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::timeout::TimeoutConfig;
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::AsyncWriteExt as _;

use super::JobEvent;
use super::request::{Input, Output, Request};
use crate::cloud::{Cloud, CloudError};
use crate::error::Error;

/// The time between two words on the progress of an upload.
const TOLD: Duration = Duration::from_secs(5);
/// The most bytes of an object that are shown.
const SHOWN: usize = 64 * 1024;
/// The rounding of S3, which writes times in whole seconds, and ECS in parts of them.
const ROUNDED: Duration = Duration::from_secs(1);

/// Puts `file` into the place that `input` names. The file is read as it is sent, so that its size costs no memory.
///
/// # Errors
/// If the file can't be read or put.
pub(super) async fn upload(
    cloud: &Cloud,
    input: &Input,
    file: &Path,
    tell: &(dyn Fn(JobEvent) + Sync),
) -> Result<(), Error> {
    let begun = cloud.now();
    let to = format!("s3://{}/{}", input.bucket, input.key);
    let unread = |error: &dyn std::fmt::Display| Error::failed(format!("{}: {error}", input.file));
    let size = std::fs::metadata(file).map_err(|error| unread(&error))?.len();
    let body = ByteStream::from_path(file).await;
    let sent = Arc::new(AtomicU64::new(0));
    let body = counted(body.map_err(|error| unread(&error))?, &sent);
    let call = cloud.s3.put_object().bucket(&input.bucket).key(&input.key).body(body).customize();
    // An upload takes as long as the line is slow; the SDK sees by itself if one stalls.
    let patient = TimeoutConfig::builder().disable_operation_attempt_timeout().disable_operation_timeout();
    let config = aws_sdk_s3::config::Builder::new().timeout_config(patient.build());
    let put = call.config_override(config).send();
    tokio::pin!(put);
    loop {
        tell(JobEvent::Uploading {
            file: input.file.clone(),
            to: to.clone(),
            sent: sent.load(Ordering::Relaxed),
            size,
        });
        tokio::select! {
            biased;
            answer = &mut put => {
                let failed = |error: CloudError| put_in(&to, error);
                answer.map_err(CloudError::from).map_err(failed)?;
                break;
            }
            () = cloud.sleep(TOLD) => {}
        }
    }
    let took = cloud.since(begun);
    tell(JobEvent::Uploaded { to, took });
    Ok(())
}

fn put_in(place: &str, error: CloudError) -> Error {
    let error = Error::from(error);
    Error { message: format!("{place}: {}", error.message), ..error }
}

/// Fetches the object that the task that was made at `made` has written, into `file` if one is named.
///
/// # Errors
/// If the task has written nothing there, and if that can't be fetched or kept.
pub(super) async fn download(
    cloud: &Cloud,
    request: &Request,
    output: &Output,
    file: Option<&Path>,
    made: SystemTime,
    tell: &(dyn Fn(JobEvent) + Sync),
) -> Result<(), Error> {
    let from = format!("s3://{}/{}", output.bucket, output.key);
    let nothing = |why: &str| {
        let message = format!("job.{}: the job ended with 0 but wrote no {from}{why}", request.name);
        Error::failed(message).hint("compare with its command and environment, and read its log")
    };
    let call = cloud.s3.get_object().bucket(&output.bucket).key(&output.key);
    let answer = match call.send().await.map_err(CloudError::from) {
        Err(error) if error.is("NoSuchKey") => return Err(nothing("")),
        answer => answer.map_err(|error| put_in(&from, error))?,
    };
    let modified = answer.last_modified().map(|at| SystemTime::try_from(*at)).and_then(Result::ok);
    if modified.is_some_and(|at| at + ROUNDED < made) {
        return Err(nothing(": what is there is older than its task"));
    }
    let name = output.file.as_deref().unwrap_or_default();
    let unkept = |error: &dyn std::fmt::Display| Error::failed(format!("{from}: {name}: {error}"));
    let mut kept = match file {
        Some(file) => Some(Kept::beside(file).await.map_err(|error| unkept(&error))?),
        None => None,
    };
    let (size, start) = receive(answer, kept.as_mut()).await.map_err(|error| unkept(&error))?;
    if let (Some(kept), Some(file)) = (kept, file) {
        kept.keep(file).await.map_err(|error| unkept(&error))?;
    }
    let is_whole = u64::try_from(start.len()).is_ok_and(|length| length == size);
    let text = String::from_utf8(start).ok().filter(|_| is_whole);
    tell(JobEvent::Downloaded { from, size, file: output.file.clone(), text });
    Ok(())
}

/// Receives an object, into a file if there is one. Returns its size, and as much of its beginning as is shown.
async fn receive(
    mut answer: GetObjectOutput,
    mut kept: Option<&mut Kept>,
) -> Result<(u64, Vec<u8>), Box<dyn std::error::Error + Send + Sync>> {
    let length = answer.content_length();
    let (mut size, mut start) = (0_u64, Vec::new());
    while let Some(bytes) = answer.body.try_next().await? {
        size += u64::try_from(bytes.len())?;
        let room = SHOWN.saturating_sub(start.len());
        start.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if let Some(kept) = kept.as_deref_mut() {
            kept.file.write_all(&bytes).await?;
        }
    }
    let whole = length.and_then(|length| u64::try_from(length).ok());
    if whole == Some(size) { Ok((size, start)) } else { Err(format!("it broke off after {size} bytes").into()) }
}

/// A file that takes another's place once it is whole.
struct Kept {
    path: std::path::PathBuf,
    file: tokio::fs::File,
}

impl Kept {
    async fn beside(file: &Path) -> std::io::Result<Self> {
        if let Some(folder) = file.parent() {
            tokio::fs::create_dir_all(folder).await?;
        }
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let path = file.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let file = tokio::fs::File::create(&path).await?;
        Ok(Self { path, file })
    }

    async fn keep(mut self, file: &Path) -> std::io::Result<()> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        tokio::fs::rename(&self.path, file).await
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // Nothing is there any more once it was kept, and half of it is of no use.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Returns `body` so that the bytes that went are counted in `sent`. The SDK sends it once more if an attempt fails.
fn counted(body: ByteStream, sent: &Arc<AtomicU64>) -> ByteStream {
    let sent = sent.clone();
    ByteStream::new(body.into_inner().map(move |inner| {
        sent.store(0, Ordering::Relaxed);
        let sent = sent.clone();
        SdkBody::from_body_1_x(Counted { inner, sent })
    }))
}

struct Counted {
    inner: SdkBody,
    sent: Arc<AtomicU64>,
}

impl Body for Counted {
    type Data = <SdkBody as Body>::Data;
    type Error = <SdkBody as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(data) = frame.data_ref()
        {
            let length = u64::try_from(data.len()).unwrap_or(0);
            self.sent.fetch_add(length, Ordering::Relaxed);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.inner)
    }
}
