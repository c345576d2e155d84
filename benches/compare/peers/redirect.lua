-- The redirect as a user would script it in nginx: the same token, the same checks, the same link.
-- State is either in Redis or in a shared dict; brands, which are few, are in a table in both.

local ffi = require "ffi"
local base64 = require "ngx.base64"

local byte, sub, find, match = string.byte, string.sub, string.find, string.match

ffi.cdef [[
typedef struct evp_md_st EVP_MD;
const EVP_MD *EVP_sha256(void);
unsigned char *HMAC(const EVP_MD *md, const void *key, int key_len, const unsigned char *data,
                    size_t data_len, unsigned char *out, unsigned int *out_len);
int CRYPTO_memcmp(const void *a, const void *b, size_t len);
// As the harness packs it: a user with its tenant, or a tenant.
typedef struct {
    char tenant[4], unused[4];
    double id, may_buy, partner;
    double usage[5], quota[5];
} account;
]]
local crypto = ffi.load("libcrypto.so.3")
local sha256 = crypto.EVP_sha256()
local about_user, about_tenant = ffi.new("account"), ffi.new("account")
local ACCOUNT_BYTES = ffi.sizeof("account")
local mac_out = ffi.new("unsigned char[32]")
local mac_len = ffi.new("unsigned int[1]")

local TOKEN_CHARS, HEAD_BYTES, MAC_BYTES = 36, 11, 16
local CONTEXT = "upsell tracked link\0"
local ITEMS = { "storage_size", "physical_machines", "physical_servers", "virtual_machines", "mobile_devices" }
local PLACEMENTS = {
    "Alert_on_Storage", "alert_on_physical_machines", "alert_on_physical_servers",
    "alert_on_virtual_machines", "alert_on_mobile_devices", "email_notification", "mc_usage_info",
}
local SOON_SHARE = 0.9

-- The value of a link's list for each set of items.
local LISTS = {}
for set = 0, 31 do
    local names = {}
    for index = 1, 5 do
        if bit.band(set, bit.lshift(1, index - 1)) ~= 0 then
            names[#names + 1] = ITEMS[index]
        end
    end
    LISTS[set] = table.concat(names, "%2C")
end

local M = { brands = {} }

local function unhex(text)
    return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- Reads the brands, and for a shared dict the accounts: keys of 6 bytes with a packed account.
function M.setup(settings)
    M.key_id = settings.key_id
    M.key = unhex(settings.key)
    M.socket = settings.socket
    M.dict = settings.dict and ngx.shared.state
    for line in io.lines(settings.brands) do
        local name, value = match(line, "^(%d+)\t(.*)$")
        M.brands[tonumber(name)] = value
    end
    if not M.dict then
        return
    end
    local file = assert(io.open(settings.accounts, "rb"))
    while true do
        local key = file:read(6)
        if not key then
            break
        end
        local ok, err = M.dict:safe_set(key, file:read(ACCOUNT_BYTES))
        if not ok then
            error("the shared dict is too small: " .. err)
        end
    end
    file:close()
end

local function read_reply(sock)
    local line, err = sock:receive("*l")
    if not line then
        return nil, err
    end
    local kind = byte(line)
    if kind == 36 then -- '$'
        local length = tonumber(sub(line, 2))
        if length < 0 then
            return false
        end
        local body, why = sock:receive(length + 2)
        if not body then
            return nil, why
        end
        return sub(body, 1, -3)
    elseif kind == 45 then -- '-'
        return nil, line
    end
    return sub(line, 2)
end

-- The user, whose record names the tenant; then the tenant and the click's counter.
local function from_redis(user, placement)
    local sock = ngx.socket.tcp()
    local ok, err = sock:connect(M.socket)
    if not ok then
        return nil, nil, err
    end
    sock:send({ "*2\r\n$3\r\nGET\r\n$6\r\nu:", user, "\r\n" })
    local found_user, why = read_reply(sock)
    if found_user == nil then
        return nil, nil, why
    end
    local found_tenant
    if found_user then
        local tenant, clicks = sub(found_user, 1, 4), placement .. ""
        sock:send({
            "*2\r\n$3\r\nGET\r\n$6\r\nt:", tenant, "\r\n",
            "*4\r\n$7\r\nHINCRBY\r\n$6\r\nc:", tenant, "\r\n$", #clicks, "\r\n", clicks, "\r\n$1\r\n1\r\n",
        })
        found_tenant = read_reply(sock)
        read_reply(sock)
    end
    sock:setkeepalive(600000, 1024)
    return found_user, found_tenant
end

local function from_dict(user, placement)
    local dict = M.dict
    local found_user = dict:get("u:" .. user)
    if not found_user then
        return nil
    end
    local tenant = sub(found_user, 1, 4)
    dict:incr("c:" .. tenant .. placement, 1, 0)
    return found_user, dict:get("t:" .. tenant)
end

-- The items that a link lists: storage from "soon" on, the others once exceeded.
local function listed(about)
    local set = 0
    if about.usage[0] >= about.quota[0] * SOON_SHARE then
        set = 1
    end
    for index = 1, 4 do
        if about.usage[index] >= about.quota[index] then
            set = set + bit.lshift(1, index)
        end
    end
    return LISTS[set]
end

local function verify(token)
    if #token ~= TOKEN_CHARS then
        return nil
    end
    local bytes = base64.decode_base64url(token)
    if not bytes or #bytes ~= HEAD_BYTES + MAC_BYTES or byte(bytes, 2) ~= M.key_id then
        return nil
    end
    local signed = CONTEXT .. sub(bytes, 1, HEAD_BYTES)
    crypto.HMAC(sha256, M.key, #M.key, signed, #signed, mac_out, mac_len)
    if crypto.CRYPTO_memcmp(mac_out, sub(bytes, HEAD_BYTES + 1), MAC_BYTES) ~= 0 then
        return nil
    end
    local a, b, c, d = byte(bytes, 3, 6)
    local expires = ((a * 256 + b) * 256 + c) * 256 + d
    if byte(bytes) ~= 1 or ngx.time() >= expires then
        return nil
    end
    return bytes
end

function M.redirect()
    local bytes = verify(sub(ngx.var.uri, 4))
    local placement = bytes and byte(bytes, 7)
    local place = placement and PLACEMENTS[placement]
    if not place then
        return ngx.exit(404)
    end
    local fetch = M.dict and from_dict or from_redis
    local found_user, found_tenant, err = fetch(sub(bytes, 8, 11), placement)
    if err then
        ngx.log(ngx.ERR, "state: ", err)
        return ngx.exit(503)
    end
    if not found_user or not found_tenant then
        return ngx.exit(404)
    end
    ffi.copy(about_user, found_user, ACCOUNT_BYTES)
    ffi.copy(about_tenant, found_tenant, ACCOUNT_BYTES)
    local url = M.brands[about_user.partner]
    if about_user.may_buy == 0 or about_tenant.may_buy == 0 or not url then
        return ngx.exit(404)
    end
    local link = url .. (find(url, "?", 1, true) and "&placement=" or "?placement=") .. place
    local user_list, tenant_list = listed(about_user), listed(about_tenant)
    if user_list ~= "" then
        link = link .. "&user_quota=" .. user_list
    end
    if tenant_list ~= "" then
        link = link .. "&tenant_quota=" .. tenant_list
    end
    ngx.header["Location"] = link .. "&user_id=" .. about_user.id .. "&tenant_id=" .. about_tenant.id
    ngx.header["Cache-Control"] = "no-store"
    ngx.status = 302
    ngx.header["Content-Length"] = 0
    return ngx.exit(302)
end

return M
