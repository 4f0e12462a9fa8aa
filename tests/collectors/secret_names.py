"""Every key under which UniFi Network, Nginx Proxy Manager and Proxmox VE answer with a secret."""

UNIFI = tuple(
    """
x_passphrase x_iapp_key x_wep private_preshared_keys sae_psk x_wireguard_private_key x_ipsec_pre_shared_key
x_openvpn_password x_openvpn_shared_secret_key x_pptpc_password x_wan_password x_ca_key x_server_key
x_shared_client_key x_auth_key x_dh_key wireguard_client_preshared_key x_authkey x_aes_gcm x_inform_authkey
x_ssh_hostkey x_ssh_hostkey_fingerprint syslog_key lte_password lte_sim_pin x_baresip_password x_ssh_password
x_ssh_md5passwd x_ssh_sha512passwd x_mgmt_key community x_password x_secret x_client_private_key
x_client_private_key_password auth_token x_private_key password passphrase psk preSharedKey apiKey api_token
""".split()
)
NPM = ("advanced_config", "dns_provider_credentials", "certificate_key", "secret", "password", "token")
PROXMOX = ("cipassword", "args", "env")
"""Of guests; storages have `password`, `keyring` and `encryption-key`."""
