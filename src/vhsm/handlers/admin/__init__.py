"""Administration: the admin socket's requests. Each needs an administrator's login but the server's status."""
