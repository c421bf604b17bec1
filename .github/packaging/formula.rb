# Homebrew's formula of a release: the archives and their digests are put in where the release is made.
class Labform < Formula
  desc "DESCRIPTION"
  homepage "HOMEPAGE"
  version "VERSION"
  license any_of: ["MIT", "Apache-2.0"]

  # ARCHIVES

  def install
    bin.install "labform"
    generate_completions_from_executable(bin/"labform", "completions")
  end

  test do
    (testpath/"lab.yaml").write <<~YAML
      lab: brewed
      region: eu-west-1
      logGroups: { web: {} }
    YAML
    system bin/"labform", "apply", "--sandbox=#{testpath}/account.json", "--yes"
  end
end
