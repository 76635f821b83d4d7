//! `samesign import`: makes manifests from the configuration of another tool; no tenant is asked or written to.

use std::io::Read as _;
use std::path::Path;

use crate::manifest::entra_connect::{BYTES_MAX, ImportError, Imported, import};

use super::Ending;
use super::args::Import;
use super::console;
use super::error::Error;

pub(super) fn run(args: &Import) -> Result<Ending, Error> {
    let Import::EntraConnect(args) = args;
    let name = args.file.file_name().map_or_else(|| "a file".into(), |it| it.to_string_lossy().into_owned());
    let imported = import(&read(&args.file)?, &name).map_err(|it| failed(&args.file, &it))?;
    match &args.out {
        Some(folder) => write(folder, &imported)?,
        None => print(&imported)?,
    }
    imported.notes.iter().for_each(|it| console::say(&it.to_string()));
    if let Some(folder) = &args.out {
        console::say(&format!("next: samesign validate {0}, then samesign plan {0}", folder.display()));
    }
    Ok(Ending::Done)
}

/// One byte more than may be read tells a file that is too large from one that is not.
fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let unreadable =
        |cause: std::io::Error| Error::failed(format!("cannot read {}", path.display())).because(&cause);
    #[expect(clippy::disallowed_methods, reason = "import reads the file that it was asked for")]
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    if bytes > BYTES_MAX as u64 {
        return Err(failed(path, &ImportError::TooLarge(bytes)));
    }
    let mut content = Vec::new();
    file.take(BYTES_MAX as u64 + 1).read_to_end(&mut content).map_err(unreadable)?;
    Ok(content)
}

fn failed(path: &Path, error: &ImportError) -> Error {
    let place = error.place().map_or_else(String::new, |(line, column)| format!(":{line}:{column}"));
    let failed = Error::failed(format!("{}{place}: {error}", path.display()));
    let failed = match std::error::Error::source(error) {
        Some(cause) => failed.because(cause),
        None => failed,
    };
    failed.hint(error.hint())
}

fn write(folder: &Path, imported: &Imported) -> Result<(), Error> {
    if let Some((taken, _)) = imported.files.iter().find(|(name, _)| folder.join(name).exists()) {
        return Err(Error::failed(format!(
            "{} exists already: nothing was written",
            folder.join(taken).display()
        ))
        .hint("give a folder of its own"));
    }
    let cannot = |path: &Path, cause: &std::io::Error| {
        Error::failed(format!("cannot write {}", path.display())).because(cause)
    };
    std::fs::create_dir_all(folder).map_err(|it| cannot(folder, &it))?;
    for (name, text) in &imported.files {
        let path = folder.join(name);
        #[expect(clippy::disallowed_methods, reason = "import writes the files that it was asked for")]
        std::fs::write(&path, text).map_err(|it| cannot(&path, &it))?;
        console::say(&format!("wrote {}", path.display()));
    }
    Ok(())
}

fn print(imported: &Imported) -> Result<(), Error> {
    let texts: Vec<String> = imported.files.iter().map(|(name, text)| format!("# {name}\n{text}")).collect();
    console::print(&texts.join("---\n"))
}
